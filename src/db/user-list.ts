import { and, asc, desc, eq, gte, inArray, lte, ne, notInArray, or, sql, type SQL } from "drizzle-orm";
import type { UserType } from "../domain/identity/user-state.ts";
import type { Db } from "./client.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { identities, users } from "./schema/index.ts";
import { contains } from "./search.ts";
import { selectUsers, toUserRecord, type Identity, type UserRecord } from "./user-records.ts";

/** The columns that a list of users may be sorted by. */
export const userOrders = ["id", "name", "username", "created_at", "updated_at"] as const;
export type UserOrder = (typeof userOrders)[number];

/** Which users are listed; what is left out or false is no condition. */
export interface UserFilter {
  username?: string | undefined;
  /** Part of a name or user name, or a whole public e-mail address. */
  search?: string | undefined;
  /** `search` may be a private e-mail address too. */
  searchesPrivateEmails?: boolean;
  active?: boolean | undefined;
  blocked?: boolean | undefined;
  external?: boolean | undefined;
  humans?: boolean | undefined;
  admins?: boolean | undefined;
  excludeActive?: boolean | undefined;
  excludeExternal?: boolean | undefined;
  excludeHumans?: boolean | undefined;
  excludeInternal?: boolean | undefined;
  withoutProjectBots?: boolean | undefined;
  withoutProjects?: boolean | undefined;
  twoFactor?: boolean | undefined;
  createdAfter?: Date | undefined;
  createdBefore?: Date | undefined;
  identity?: Identity | undefined;
}

export interface Sorting {
  by: UserOrder;
  isDescending: boolean;
}

const columns = {
  id: users.id,
  name: users.name,
  username: users.username,
  created_at: users.createdAt,
  updated_at: users.updatedAt,
} as const;

/** A page of users, and how many there are; beyond 10,000, no less than are known to be there. */
export async function listUsers(db: Db, filter: UserFilter, sorting: Sorting, page: PageRange): Promise<ListPage<UserRecord>> {
  const condition = conditionOf(filter);
  const [rows, counted] = await db.query.batch([
    selectUsers(db)
      .where(condition)
      .orderBy(...orderOf(sorting))
      .limit(page.size + 1)
      .offset(page.offset),
    countRows(db, db.query.select({ id: users.id }).from(users).where(condition)),
  ]);
  return toPage(rows.map(toUserRecord), counted, page);
}

/** The value of the sorted column and the id of the last row of a page: where the next page begins. */
export type UserPosition = [value: string | number, id: number];

/** The users behind a position, and the position of the next page: null on the last one. */
export async function listUsersBehind(
  db: Db,
  filter: UserFilter,
  sorting: Sorting,
  position: UserPosition | null,
  size: number,
): Promise<{ rows: UserRecord[]; next: UserPosition | null }> {
  const column = columns[sorting.by];
  const isBehind = sql.raw(sorting.isDescending ? "<" : ">");
  const behind = position === null ? undefined : sql`(${column}, ${users.id}) ${isBehind} (${position[0]}, ${position[1]})`;
  const rows = await selectUsers(db)
    .where(and(conditionOf(filter), behind))
    .orderBy(...orderOf(sorting))
    .limit(size + 1);
  const last = rows.length > size ? rows[size - 1] : undefined;
  return { rows: rows.slice(0, size).map(toUserRecord), next: last === undefined ? null : [sortedValue(last, sorting.by), last.id] };
}

function sortedValue(user: typeof users.$inferSelect, by: UserOrder): string | number {
  if (by === "created_at") return user.createdAt.getTime();
  if (by === "updated_at") return user.updatedAt.getTime();
  return user[by];
}

/** The id makes the order one: two users of one name keep their places from page to page. */
function orderOf({ by, isDescending }: Sorting): SQL[] {
  const direction = isDescending ? desc : asc;
  return by === "id" ? [direction(users.id)] : [direction(columns[by]), direction(users.id)];
}

const internalTypes: UserType[] = ["ghost", "security_bot", "internal_bot"];

function conditionOf(filter: UserFilter): SQL | undefined {
  const { username, search, twoFactor, createdAfter, createdBefore, identity } = filter;
  return and(
    username === undefined ? undefined : eq(users.username, username),
    search === undefined || search === "" ? undefined : matches(search, filter.searchesPrivateEmails === true),
    given(filter.active, and(eq(users.state, "active"), ne(users.userType, "ghost"))),
    given(filter.excludeActive, ne(users.state, "active")),
    given(filter.blocked, inArray(users.state, ["blocked", "ldap_blocked"])),
    given(filter.external, eq(users.isExternal, true)),
    given(filter.excludeExternal, eq(users.isExternal, false)),
    given(filter.humans, eq(users.userType, "human")),
    given(filter.excludeHumans, ne(users.userType, "human")),
    given(filter.excludeInternal, notInArray(users.userType, internalTypes)),
    given(filter.withoutProjectBots, ne(users.userType, "project_bot")),
    given(filter.withoutProjects, hasNoProject),
    given(filter.admins, eq(users.isAdmin, true)),
    twoFactor === undefined ? undefined : eq(users.isTwoFactorEnabled, twoFactor),
    createdAfter === undefined ? undefined : gte(users.createdAt, createdAfter),
    createdBefore === undefined ? undefined : lte(users.createdAt, createdBefore),
    identity === undefined ? undefined : hasIdentity(identity),
  );
}

function given(isGiven: boolean | undefined, condition: SQL | undefined): SQL | undefined {
  return isGiven === true ? condition : undefined;
}

/** Part of a name or user name, or a whole e-mail address; private ones only where the reader may know them. */
export function matches(search: string, includesPrivateEmails: boolean): SQL | undefined {
  return or(
    contains(search, users.name, users.username),
    eq(users.publicEmail, search),
    includesPrivateEmails ? eq(users.email, search) : undefined,
  );
}

function hasIdentity({ provider, externUid }: Identity): SQL {
  return sql`exists (
    select 1 from ${identities} i where i.user_id = users.id and i.provider = ${provider} and i.extern_uid = ${externUid})`;
}

const hasNoProject = sql`
  not exists (select 1 from namespaces n where n.owner_id = users.id and n.projects_count > 0)
  and not exists (select 1 from members m where m.user_id = users.id and m.project_id is not null)
  and not exists (
    select 1 from members m
    join namespace_ancestors a on a.ancestor_id = m.namespace_id
    join projects p on p.namespace_id = a.namespace_id
    where m.user_id = users.id)`;
