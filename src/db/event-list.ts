import { and, asc, desc, eq, getTableColumns, gte, lt, sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { Db } from "./client.ts";
import { isLockedNow } from "./locked.ts";
import { countedRows, countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { pushEvents } from "./schema/index.ts";
import { toNamedUser, type NamedUser } from "./user-records.ts";
import { visibleTo, type Reading } from "./visible.ts";

/** An event with its author; null where the account is gone, or there was none. */
export type EventRecord = typeof pushEvents.$inferSelect & { author: NamedUser | null };

/** When they happened, and in which order they are listed; what is left out is no condition. */
export interface EventFilter {
  since?: Date | undefined;
  /** Exclusive. */
  until?: Date | undefined;
  isAscending: boolean;
}

/** A page of what happened in a project. */
export async function listProjectEvents(db: Db, projectId: number, filter: EventFilter, page: PageRange): Promise<ListPage<EventRecord>> {
  const where = and(eq(pushEvents.projectId, projectId), isWithin(filter));
  const [rows, counted] = await db.query.batch([
    selectEvents(db, where, filter, page),
    countRows(db, db.query.select({ id: pushEvents.id }).from(pushEvents).where(where)),
  ]);
  return toPage(rows.map(toEventRecord), counted, page);
}

/** A page of what a user did, in projects that the reader may see. */
export async function listUserEvents(
  db: Db,
  userId: number,
  filter: EventFilter,
  reading: Reading,
  page: PageRange,
): Promise<ListPage<EventRecord>> {
  const where = and(eq(pushEvents.authorId, userId), isWithin(filter));
  const [rows, counted] = await db.query.batch([
    selectEvents(db, and(where, isVisible(sql`push_events.project_id`, reading)), filter, page),
    countVisible(db, where, reading),
  ]);
  return toPage(rows.map(toEventRecord), counted, page);
}

/** One table and a subquery, so that it may stand in a batch; one row more than the page shows. */
function selectEvents(db: Db, where: SQL | undefined, { isAscending }: EventFilter, { size, offset }: PageRange) {
  const direction = isAscending ? asc : desc;
  return db.query
    .select({
      ...getTableColumns(pushEvents),
      author: sql<string | null>`(
        select json_object('id', a.id, 'username', a.username, 'name', a.name, 'state', a.state, 'isLocked', ${isLockedNow("a")})
        from users a where a.id = push_events.author_id)`.as("author_json"),
    })
    .from(pushEvents)
    .where(where)
    .orderBy(direction(pushEvents.createdAt), direction(pushEvents.id))
    .limit(size + 1)
    .offset(offset);
}

function toEventRecord({ author, ...event }: Omit<EventRecord, "author"> & { author: string | null }): EventRecord {
  return { ...event, author: author === null ? null : toNamedUser(author) };
}

function isWithin({ since, until }: EventFilter): SQL | undefined {
  return and(
    since === undefined ? undefined : gte(pushEvents.createdAt, since),
    until === undefined ? undefined : lt(pushEvents.createdAt, until),
  );
}

function isVisible(projectId: SQL, reading: Reading): SQL {
  const place = { visibility: sql`p.visibility`, project: sql`p.id`, namespace: sql`p.namespace_id` };
  return sql`exists (select 1 from projects p where p.id = ${projectId} and ${visibleTo(reading, place)})`;
}

/**
 * Counts what the reader may see; each project is judged once, however much happened there. Where there is more than is
 * counted, hidden events are not told from others: the answer has no totals anyway.
 */
function countVisible(db: Db, where: SQLWrapper | undefined, reading: Reading) {
  return db.query.all<{ total: number }>(sql`
    with counted (project_id) as materialized (select project_id from push_events where ${where} limit ${countedRows}),
      per_project (project_id, events) as (select project_id, count(*) from counted group by project_id)
    select case when (select count(*) from counted) = ${countedRows} then ${countedRows} else (
      select coalesce(sum(events), 0) from per_project where ${isVisible(sql`per_project.project_id`, reading)}) end as total`);
}
