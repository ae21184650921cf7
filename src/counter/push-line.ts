import { refChanges, type PushedRef } from "../domain/push/ref-changes.ts";
import { createPartsTable, deleteParts, readPart, writeParts, type PackedPush } from "./push-parts.ts";

/**
 * The pushes of one repository that are still to be processed, in the order in which they were accepted. One at a time is
 * being processed; the next one's turn comes when it is done, or buried after too many failures.
 *
 * - `waiting`: in line.
 * - `buried`: given up; the line goes on without it. An operator finds it among the dead letters.
 * - `replaying`: buried once, to be processed again, whatever is in line.
 * - `done`: only its id is kept, for as long as a queue may repeat a message.
 */
type PushState = "waiting" | "buried" | "replaying" | "done";

/** What a consumer hears when it comes for a push. */
export type Turn =
  /** Processed already, given up, or never accepted. */
  | { state: "gone" }
  /** Another one comes first, or is being processed; this one will be announced when its turn comes. */
  | { state: "waiting" }
  /** Somebody is processing it. */
  | { state: "busy" }
  /**
   * To be processed now, and to be ended under this lease before it is over. `superseded`: numbers of the changes whose refs
   * later pushes have changed; their names may be as long as the push itself, and a call carries 32 MiB.
   */
  | { state: "ready"; push: PackedPush; lease: number; superseded: number[] };

/** A push that was given up. */
export interface BuriedPush {
  push: PackedPush;
  attempts: number;
  error: string;
}

/** How long one run may take, and for how long nobody else begins another. The difference is for what is under way at the end. */
export const leaseMilliseconds = 180_000;
export const runMilliseconds = 120_000;

/** A queue keeps a message for four days. */
const doneLifeMilliseconds = 5 * 24 * 60 * 60 * 1000;
/**
 * After so long without a sign of a push that was announced, it is announced again, for a message may have been lost; then
 * after twice as long, up to the longest: a queue that is behind gets no shorter by more messages.
 */
const firstSilenceMilliseconds = 60_000;
const longestSilenceMilliseconds = 15 * 60_000;
/** As long as the queue may take to repeat a message that failed. */
const repeatMilliseconds = 20 * 60_000;

interface PushRow extends Record<string, SqlStorageValue> {
  number: number;
  push_id: string;
  gl_repository: string;
  state: PushState;
  /** How often its processing has begun: what brings its isolate down never says that it failed. */
  attempts: number;
  error: string;
  leased_until: number;
  /** How often it was announced since it was last begun. */
  announcements: number;
  /** Not announced again before then; 0: nobody has been told of it. */
  quiet_until: number;
}

export function createTables(sql: SqlStorage): void {
  sql.exec(`
    create table if not exists pushes (
      number integer primary key autoincrement,
      push_id text not null unique,
      gl_repository text not null,
      state text not null,
      attempts integer not null default 0,
      error text not null default '',
      leased_until integer not null default 0,
      announcements integer not null default 0,
      quiet_until integer not null default 0,
      done_at integer not null default 0);
    create index if not exists pushes_state on pushes (state, number);
    create index if not exists pushes_leased on pushes (leased_until);
    create index if not exists pushes_done on pushes (done_at) where state = 'done';
    create table if not exists later_changes (ref text primary key, number integer not null) without rowid;`);
  createPartsTable(sql);
}

/** Puts a push at the end of the line, once however often it comes. */
export function append(sql: SqlStorage, push: PackedPush): void {
  const [row] = sql.exec<{ number: number }>(
    "insert into pushes (push_id, gl_repository, state) values (?, ?, 'waiting') on conflict do nothing returning number",
    push.id,
    push.glRepository,
  );
  if (row !== undefined) writeParts(sql, row.number, push);
}

/** All but the id and that it was there. */
function forgetPush(sql: SqlStorage, number: number, now: number): void {
  deleteParts(sql, number);
  sql.exec("update pushes set state = 'done', error = '', leased_until = 0, done_at = ? where number = ?", now, number);
  sql.exec("delete from later_changes where not exists (select 1 from pushes where state in ('buried', 'replaying'))");
}

/** Whose turn it is, where nobody has been told, or all has been silent for long. Pushes that are replayed come first. */
export function findUnannounced(sql: SqlStorage, now: number): { id: string; glRepository: string } | null {
  if (lastLease(sql, now) !== null) return null;
  const [row] = sql.exec<Pick<PushRow, "push_id" | "gl_repository" | "quiet_until">>(
    "select push_id, gl_repository, quiet_until from pushes where state in ('replaying', 'waiting') order by state, number limit 1",
  );
  if (row === undefined || row.quiet_until > now) return null;
  return { id: row.push_id, glRepository: row.gl_repository };
}

/**
 * When it is worth looking again: for what is next in line, though not while a push is being processed, and for ids that
 * need not be kept any longer.
 */
export function nextLook(sql: SqlStorage, now: number, retryMilliseconds: number): number | null {
  const [line] = sql.exec<{ quiet_until: number }>(
    "select quiet_until from pushes where state in ('replaying', 'waiting') order by state, number limit 1",
  );
  if (line !== undefined) return Math.max(line.quiet_until || now + retryMilliseconds, lastLease(sql, now) ?? 0);
  const [done] = sql.exec<{ done_at: number }>(
    "select done_at from pushes indexed by pushes_done where state = 'done' order by done_at limit 1",
  );
  return done === undefined ? null : done.done_at + doneLifeMilliseconds;
}

/** Somebody is told of it. */
export function markAnnounced(sql: SqlStorage, id: string, now: number): void {
  sql.exec(
    "update pushes set quiet_until = ? + min(?, ? << min(announcements, 20)), announcements = announcements + 1 where push_id = ?",
    now,
    longestSilenceMilliseconds,
    firstSilenceMilliseconds,
    id,
  );
}

/** Nobody has been told of it after all. */
export function markUnannounced(sql: SqlStorage, id: string): void {
  sql.exec("update pushes set quiet_until = 0 where push_id = ?", id);
}

/** Begins the processing of a push, if it may begin now. */
export function take(sql: SqlStorage, id: string, now: number): Turn {
  const row = find(sql, id);
  if (row === null || row.state === "done" || row.state === "buried") return { state: "gone" };
  if (row.leased_until > now) return { state: "busy" };
  if (lastLease(sql, now) !== null || (row.state === "waiting" && row.number !== headOfLine(sql))) {
    sql.exec("update pushes set quiet_until = 0 where number = ? and quiet_until <> 0", row.number);
    return { state: "waiting" };
  }
  const lease = now + leaseMilliseconds;
  // Who dies over it says nothing: it is announced anew when the lease is over.
  sql.exec(
    "update pushes set leased_until = ?, quiet_until = ?, announcements = 0, attempts = attempts + 1 where number = ?",
    lease,
    lease,
    row.number,
  );
  const push = read(sql, row);
  return { state: "ready", push, lease, superseded: row.state === "replaying" ? supersededChanges(sql, row.number, push) : [] };
}

/** The changes of a push whose refs later ones have changed, which were processed before it. */
function supersededChanges(sql: SqlStorage, number: number, push: PackedPush): number[] {
  const indexes: number[] = [];
  for (const { ref, index } of changesOf(push.changes)) {
    const later = sql.exec("select 1 as later from later_changes where ref = ? and number > ?", ref, number);
    if (later.toArray().length > 0) indexes.push(index);
  }
  return indexes;
}

/**
 * The push is processed: whether this lease still stands. After it somebody else may have begun it anew, or a push that is
 * replayed, which has not heard of this one: it is to be processed again then, which repeats nothing. Where an earlier push
 * is buried, it is kept which refs have changed since.
 */
export function finish(sql: SqlStorage, id: string, lease: number, now: number): boolean {
  const row = find(sql, id);
  if (row === null || row.leased_until !== lease || lease <= now) return false;
  if (isAnyBuriedBefore(sql, row.number)) rememberRefs(sql, row);
  forgetPush(sql, row.number, now);
  return true;
}

/**
 * Processing it failed; it may be begun again: when the queue repeats the message that names it (`isNamed`), otherwise when
 * it is announced anew. Whether this lease still stands.
 */
export function fail(sql: SqlStorage, id: string, lease: number, error: string, retry: { isNamed: boolean; now: number }): boolean {
  const row = find(sql, id);
  if (row === null || row.leased_until !== lease || lease <= retry.now) return false;
  const quietUntil = retry.isNamed ? retry.now + repeatMilliseconds : 0;
  sql.exec("update pushes set leased_until = 0, quiet_until = ?, error = ? where number = ?", quietUntil, error, row.number);
  return true;
}

/**
 * Gives a push up, so that the line goes on; not while it is being processed. Null where there is none to give up. One that
 * nobody has begun yet is none: its message died of something else, and it is to be announced anew.
 */
export function bury(sql: SqlStorage, id: string, now: number): BuriedPush | "busy" | null {
  const row = find(sql, id);
  if (row === null || row.state === "done") return null;
  if (row.leased_until > now) return "busy";
  if (row.attempts === 0) {
    markUnannounced(sql, id);
    return null;
  }
  sql.exec("update pushes set state = 'buried', leased_until = 0, quiet_until = 0 where number = ?", row.number);
  return describe(sql, row);
}

/** A buried push is to be processed again: whether there is one. */
export function replay(sql: SqlStorage, id: string): boolean {
  const row = find(sql, id);
  if (row === null || row.state === "done" || row.state === "waiting") return false;
  sql.exec("update pushes set state = 'replaying', announcements = 0, quiet_until = 0 where number = ?", row.number);
  return true;
}

/** Forgets a buried push for ever. */
export function discard(sql: SqlStorage, id: string, now: number): void {
  const row = find(sql, id);
  if (row === null || row.state !== "buried") return;
  forgetPush(sql, row.number, now);
}

/** What an operator is shown of a buried push. */
export function inspect(sql: SqlStorage, id: string): BuriedPush | null {
  const row = find(sql, id);
  return row === null || row.state === "done" ? null : describe(sql, row);
}

/** How long the line is, and what it waits for. */
export interface LineOverview {
  waiting: number;
  buried: number;
  /** Whose turn it is; null: nobody's. */
  first: (BuriedPush & { isBeingProcessed: boolean }) | null;
}

export function overview(sql: SqlStorage, now: number): LineOverview {
  const count = (state: PushState) => sql.exec<{ n: number }>("select count(*) as n from pushes where state = ?", state).one().n;
  const [next] = sql.exec<{ push_id: string }>(
    "select push_id from pushes where state in ('replaying', 'waiting') order by state, number limit 1",
  );
  const row = next === undefined ? null : find(sql, next.push_id);
  return {
    waiting: count("waiting") + count("replaying"),
    buried: count("buried"),
    first: row === null ? null : { ...describe(sql, row), isBeingProcessed: row.leased_until > now },
  };
}

export function forgetDone(sql: SqlStorage, now: number): void {
  sql.exec("delete from pushes indexed by pushes_done where state = 'done' and done_at <= ?", now - doneLifeMilliseconds);
}

function find(sql: SqlStorage, id: string): PushRow | null {
  const [row] = sql.exec<PushRow>(
    "select number, push_id, gl_repository, state, attempts, error, leased_until, announcements, quiet_until from pushes where push_id = ?",
    id,
  );
  return row ?? null;
}

function headOfLine(sql: SqlStorage): number | null {
  const [row] = sql.exec<{ number: number }>("select number from pushes where state = 'waiting' order by number limit 1");
  return row?.number ?? null;
}

/** Until when a push is being processed; null: none is. */
function lastLease(sql: SqlStorage, now: number): number | null {
  const [row] = sql.exec<{ leased_until: number }>(
    "select leased_until from pushes where leased_until > ? order by leased_until desc limit 1",
    now,
  );
  return row?.leased_until ?? null;
}

function isAnyBuriedBefore(sql: SqlStorage, number: number): boolean {
  const rows = sql.exec("select 1 as buried from pushes where state in ('buried', 'replaying') and number < ? limit 1", number);
  return rows.toArray().length > 0;
}

function rememberRefs(sql: SqlStorage, row: PushRow): void {
  for (const { ref } of changesOf(readPart(sql, row.number, "changes"))) {
    sql.exec(
      "insert into later_changes (ref, number) values (?, ?) on conflict (ref) do update set number = max(number, excluded.number)",
      ref,
      row.number,
    );
  }
}

function changesOf(bytes: Uint8Array): Generator<PushedRef> {
  return refChanges(new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(bytes));
}

function read(sql: SqlStorage, row: PushRow): PackedPush {
  return {
    id: row.push_id,
    glRepository: row.gl_repository,
    header: readPart(sql, row.number, "header"),
    changes: readPart(sql, row.number, "changes"),
  };
}

function describe(sql: SqlStorage, row: PushRow): BuriedPush {
  return { push: read(sql, row), attempts: row.attempts, error: row.error };
}
