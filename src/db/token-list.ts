import { and, asc, eq, gt, gte, isNotNull, isNull, lte, or, sql, type SQL } from "drizzle-orm";
import type { Db } from "./client.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { personalAccessTokens, users } from "./schema/index.ts";
import { contains } from "./search.ts";
import type { PersonalAccessTokenRow } from "./tokens.ts";

/** Which tokens are listed; what is left out is no condition. Days and times are included by both their filters. */
export interface TokenFilter {
  userId?: number | undefined;
  isRevoked?: boolean | undefined;
  /** Neither revoked nor expired on this day; or one of the two. */
  isActive?: boolean | undefined;
  today: string;
  /** Part of the name. */
  search?: string | undefined;
  createdAfter?: Date | undefined;
  createdBefore?: Date | undefined;
  lastUsedAfter?: Date | undefined;
  lastUsedBefore?: Date | undefined;
  expiresAfter?: string | undefined;
  expiresBefore?: string | undefined;
}

/** A page of tokens in the order of their making; null where the filter names a user of whom there is none. One round trip. */
export async function listTokens(db: Db, filter: TokenFilter, page: PageRange): Promise<ListPage<PersonalAccessTokenRow> | null> {
  const condition = conditionOf(filter);
  const [rows, counted, owners] = await db.query.batch([
    db.query
      .select()
      .from(personalAccessTokens)
      .where(condition)
      .orderBy(asc(personalAccessTokens.id))
      .limit(page.size + 1)
      .offset(page.offset),
    countRows(db, db.query.select({ id: personalAccessTokens.id }).from(personalAccessTokens).where(condition)),
    db.query
      .select({ id: users.id })
      .from(users)
      .where(filter.userId === undefined ? sql`false` : eq(users.id, filter.userId)),
  ]);
  return filter.userId !== undefined && owners.length === 0 ? null : toPage(rows, counted, page);
}

function conditionOf(filter: TokenFilter): SQL | undefined {
  const { userId, createdAfter, createdBefore, lastUsedAfter, lastUsedBefore, expiresAfter, expiresBefore } = filter;
  const { createdAt, lastUsedAt, expiresAt } = personalAccessTokens;
  return and(
    userId === undefined ? undefined : eq(personalAccessTokens.userId, userId),
    revoked(filter.isRevoked),
    active(filter.isActive, filter.today),
    contains(filter.search, personalAccessTokens.name),
    createdAfter === undefined ? undefined : gte(createdAt, createdAfter),
    createdBefore === undefined ? undefined : lte(createdAt, createdBefore),
    lastUsedAfter === undefined ? undefined : gte(lastUsedAt, lastUsedAfter),
    lastUsedBefore === undefined ? undefined : lte(lastUsedAt, lastUsedBefore),
    expiresAfter === undefined ? undefined : gte(expiresAt, expiresAfter),
    expiresBefore === undefined ? undefined : lte(expiresAt, expiresBefore),
  );
}

function revoked(isRevoked: boolean | undefined): SQL | undefined {
  if (isRevoked === undefined) return undefined;
  return isRevoked ? isNotNull(personalAccessTokens.revokedAt) : isNull(personalAccessTokens.revokedAt);
}

function active(isActive: boolean | undefined, today: string): SQL | undefined {
  const { revokedAt, expiresAt } = personalAccessTokens;
  if (isActive === undefined) return undefined;
  return isActive ? and(isNull(revokedAt), or(isNull(expiresAt), gt(expiresAt, today))) : or(isNotNull(revokedAt), lte(expiresAt, today));
}
