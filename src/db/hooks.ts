import { and, eq, sql, type SQL } from "drizzle-orm";
import type { Db } from "./client.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { webHooks } from "./schema/index.ts";

/**
 * The hooks that may hear of a project's pushes, oldest first: its own, those of its namespace and of all groups above,
 * and the system hooks (contract push 8.1). Paused hooks and those of other events are among them. Fit for a batch.
 */
export function selectHooksOfProject(db: Db, projectId: number) {
  const ids = sql`
    select id from web_hooks where project_id = ${projectId}
    union all select h.id from projects p
      join namespace_ancestors a on a.namespace_id = p.namespace_id
      join web_hooks h on h.namespace_id = a.ancestor_id
      where p.id = ${projectId}
    union all select id from web_hooks where kind = 'system'`;
  return db.query
    .select({
      id: webHooks.id,
      kind: webHooks.kind,
      pushEvents: webHooks.pushEvents,
      tagPushEvents: webHooks.tagPushEvents,
      repositoryUpdateEvents: webHooks.repositoryUpdateEvents,
      pushEventsBranchFilter: webHooks.pushEventsBranchFilter,
      branchFilterStrategy: webHooks.branchFilterStrategy,
      failures: webHooks.failures,
      disabledUntil: webHooks.disabledUntil,
    })
    .from(webHooks)
    .where(sql`${webHooks.id} in (${ids})`)
    .orderBy(webHooks.id);
}

export type HookRow = typeof webHooks.$inferSelect;

/** Whose hook it is. */
export type HookPlace = { kind: "project"; projectId: number } | { kind: "group"; namespaceId: number } | { kind: "system" };

/** What calls set. */
export type HookValues = Pick<
  HookRow,
  | "name"
  | "description"
  | "sealed"
  | "pushEvents"
  | "tagPushEvents"
  | "repositoryUpdateEvents"
  | "otherEvents"
  | "pushEventsBranchFilter"
  | "branchFilterStrategy"
  | "enableSslVerification"
  | "customWebhookTemplate"
>;

function inPlace(place: HookPlace): SQL {
  switch (place.kind) {
    case "project":
      return eq(webHooks.projectId, place.projectId);
    case "group":
      return eq(webHooks.namespaceId, place.namespaceId);
    case "system":
      return eq(webHooks.kind, "system");
  }
}

/** A page of the hooks of a place alone, oldest first. */
export async function listHooks(db: Db, place: HookPlace, page: PageRange): Promise<ListPage<HookRow>> {
  const [rows, counted] = await db.query.batch([
    db.query
      .select()
      .from(webHooks)
      .where(inPlace(place))
      .orderBy(webHooks.id)
      .limit(page.size + 1)
      .offset(page.offset),
    countRows(db, db.query.select({ id: webHooks.id }).from(webHooks).where(inPlace(place))),
  ]);
  return toPage(rows, counted, page);
}

/** A hook of this place; null where there is none. */
export async function findHook(db: Db, place: HookPlace, id: number): Promise<HookRow | null> {
  const [row] = await db.query
    .select()
    .from(webHooks)
    .where(and(eq(webHooks.id, id), inPlace(place)));
  return row ?? null;
}

/**
 * A new hook; null where the place has `limit` of them already. Counted by the write itself, so that of two at once one is
 * refused. Throws the database's refusal of a place that is gone meanwhile.
 */
export async function createHook(db: Db, place: HookPlace, values: Partial<HookValues> & { sealed: string }, limit: number, now: Date) {
  const [created, refused] = await db.query.batch([
    db.query
      .insert(webHooks)
      .values({ ...values, ...place, createdAt: now, updatedAt: now })
      .returning(),
    db.query
      .delete(webHooks)
      .where(
        and(
          sql`${webHooks.id} = last_insert_rowid()`,
          sql`(select count(*) from ${db.query.select({ id: webHooks.id }).from(webHooks).where(inPlace(place))}) > ${limit}`,
        ),
      )
      .returning({ id: webHooks.id }),
  ]);
  return refused.length > 0 ? null : (created[0] ?? null);
}

/**
 * Changes a hook as it was read: null where it is gone, or where its secrets are not those that the new ones were made from.
 * Only what differs is written, so that of several changes at once none undoes another.
 */
export async function updateHook(db: Db, hook: HookRow, values: Partial<HookValues>, now: Date): Promise<HookRow | null> {
  const { otherEvents = {}, ...columns } = values;
  const changedEvents = JSON.stringify(differing(otherEvents, hook.otherEvents));
  const [row] = await db.query
    .update(webHooks)
    .set({ ...differing(columns, hook), otherEvents: sql`json_patch(${webHooks.otherEvents}, ${changedEvents})`, updatedAt: now })
    .where(and(eq(webHooks.id, hook.id), values.sealed === undefined ? undefined : eq(webHooks.sealed, hook.sealed)))
    .returning();
  return row ?? null;
}

function differing<Values extends object>(values: Values, before: Partial<Record<keyof Values, unknown>>): Partial<Values> {
  const names = Object.keys(values) as (keyof Values)[];
  return Object.fromEntries(names.filter((name) => values[name] !== before[name]).map((name) => [name, values[name]])) as Partial<Values>;
}

/** Whether there was one to delete. What is still to be delivered to it is dropped when its turn comes. */
export async function deleteHook(db: Db, id: number): Promise<boolean> {
  const rows = await db.query.delete(webHooks).where(eq(webHooks.id, id)).returning({ id: webHooks.id });
  return rows.length > 0;
}
