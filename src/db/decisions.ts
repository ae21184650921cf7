import { and, desc, eq, gte, lte, sql, type SQL } from "drizzle-orm";
import type { AuditVerb } from "../domain/access/audit-event.ts";
import type { DecisionRecord } from "../domain/access/decision-record.ts";
import type { Db } from "./client.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { decisions } from "./schema/index.ts";

export type DecisionRow = typeof decisions.$inferSelect;

/** What an operator looks for; what is left out is not looked at. */
export interface DecisionFilter {
  /** `allowed` or `git_audit_event`. */
  call?: string | undefined;
  actor?: string | undefined;
  glRepository?: string | undefined;
  /** Full path, whatever its letter case. */
  project?: string | undefined;
  action?: string | undefined;
  verb?: AuditVerb | undefined;
  isAllowed?: boolean | undefined;
  reason?: string | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
  /** Older ones are forgotten, also where they are still stored. */
  keptSince: Date;
}

/** The reason of what is not refused. */
const allowed = "allowed";

function matching(filter: DecisionFilter): SQL | undefined {
  const { call, actor, glRepository, project, action, verb, isAllowed, reason, since, until, keptSince } = filter;
  return and(
    gte(decisions.createdAt, keptSince),
    call === undefined ? undefined : eq(decisions.call, call),
    actor === undefined ? undefined : eq(decisions.actor, actor),
    glRepository === undefined ? undefined : eq(decisions.glRepository, glRepository),
    project === undefined ? undefined : eq(decisions.project, project),
    action === undefined ? undefined : eq(decisions.action, action),
    verb === undefined ? undefined : eq(decisions.verb, verb),
    isAllowed === true ? sql`${decisions.isAllowed}` : undefined,
    // Said as the indexes of refusals say it, so that they are used.
    isAllowed === false || (reason !== undefined && reason !== allowed) ? sql`not ${decisions.isAllowed}` : undefined,
    reason === undefined ? undefined : eq(decisions.reason, reason),
    since === undefined ? undefined : gte(decisions.createdAt, since),
    until === undefined ? undefined : lte(decisions.createdAt, until),
  );
}

/** The statement that writes a decision into the log. */
export function decisionEntry(db: Db, decision: DecisionRecord, now: Date) {
  return db.query.insert(decisions).values({ ...decision, createdAt: now });
}

export async function recordDecision(db: Db, decision: DecisionRecord, now: Date): Promise<void> {
  await decisionEntry(db, decision, now);
}

/** A page of decisions, newest first. */
export async function listDecisions(db: Db, filter: DecisionFilter, page: PageRange): Promise<ListPage<DecisionRow>> {
  const where = matching(filter);
  const [rows, counted] = await db.query.batch([
    db.query
      .select()
      .from(decisions)
      .where(where)
      .orderBy(...newestFirst)
      .limit(page.size + 1)
      .offset(page.offset),
    countRows(db, db.query.select({ id: decisions.id }).from(decisions).where(where)),
  ]);
  return toPage(rows, counted, page);
}

const newestFirst = [desc(decisions.createdAt), desc(decisions.id)];

/** The decisions that come after `last`, newest first: the next piece of an export. */
export function readDecisionsAfter(db: Db, filter: DecisionFilter, last: DecisionRow | null, limit: number): Promise<DecisionRow[]> {
  const isLater = last === null ? undefined : sql`(${decisions.createdAt}, ${decisions.id}) < (${last.createdAt.getTime()}, ${last.id})`;
  return db.query
    .select()
    .from(decisions)
    .where(and(matching(filter), isLater))
    .orderBy(...newestFirst)
    .limit(limit);
}

/** Forgets at most `limit` decisions from before then; answers how many. */
export async function forgetDecisions(db: Db, before: Date, limit: number): Promise<number> {
  const result = await db.query.run(sql`
    delete from decisions where id in (
      select id from decisions where created_at < ${before.getTime()} order by created_at limit ${limit})`);
  return result.meta.changes;
}
