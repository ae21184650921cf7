import { DurableObject } from "cloudflare:workers";
import { currentCount, decreaseCount, increaseCount, remainingLife, type ReferenceCount } from "../domain/push/reference-count.ts";
import { describeFailure } from "../http/errors.ts";
import { log } from "../http/log.ts";
import type { JobOf } from "../queue/messages.ts";
import * as line from "./push-line.ts";
import type { PackedPush } from "./push-parts.ts";

/** A counter as it stands after a step. */
export interface CounterState extends ReferenceCount {
  /** Grows with every step, so that of two states the later one is known. */
  version: number;
}

/** How soon what the queue refused is announced again. */
const retryMilliseconds = 10_000;
/** How long announcing may take. An alarm that it mostly comes before: one for each push would be a wake-up for each. */
const announceMilliseconds = 60_000;

/**
 * One object per repository, named by its gl_repository as received. It counts the pushes in progress, and keeps those
 * that were accepted until they are processed, in order (push-line.ts). Reading and writing have no `await` in between,
 * so no two calls can take each other's step.
 */
export class ReferenceCounter extends DurableObject<Env> {
  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    state.storage.sql.exec(
      "create table if not exists counter (id integer primary key check (id = 1), value integer not null, expires_at integer not null, version integer not null)",
    );
    line.createTables(state.storage.sql);
  }

  async increase(): Promise<CounterState> {
    const state = this.#store(increaseCount(this.#read(), Date.now()));
    await this.#setAlarm();
    return state;
  }

  /** `wasReset`: there was nothing to take away. */
  decrease(): CounterState & { wasReset: boolean } {
    const { wasReset, ...count } = decreaseCount(this.#read(), Date.now());
    return { ...this.#store(count), wasReset };
  }

  reset(): CounterState {
    return this.#store({ value: 0, expiresAt: 0 });
  }

  /** `lifeSeconds`: until the count is forgotten. */
  value(): ReferenceCount & { lifeSeconds: number } {
    const now = Date.now();
    const count = currentCount(this.#read(), now);
    return { ...count, lifeSeconds: remainingLife(count, now) };
  }

  /**
   * Takes a push on: when this returns it will be processed, and once however often it is given. It is announced to the
   * queue at once, and where the queue refuses, by the alarm.
   */
  async accept(push: PackedPush): Promise<void> {
    this.ctx.storage.transactionSync(() => line.append(this.ctx.storage.sql, push));
    await this.#setAlarm();
    this.ctx.waitUntil(this.#announce());
  }

  /** For the queue's consumer. */
  take(id: string): line.Turn {
    return line.take(this.ctx.storage.sql, id, Date.now());
  }

  /** Gives the id of the next push in line, for the caller to go on with if `goesOn`; otherwise it is announced. */
  async finish(id: string, lease: number, goesOn: boolean): Promise<string | null> {
    const now = Date.now();
    const { sql } = this.ctx.storage;
    const isEnded = this.ctx.storage.transactionSync(() => line.finish(sql, id, lease, now));
    const next = isEnded && goesOn ? line.findUnannounced(sql, now) : null;
    if (next !== null) line.markAnnounced(sql, next.id, now);
    await this.#setAlarm();
    await this.#announce();
    return next?.id ?? null;
  }

  /** `isNamed`: the queue will repeat the message that names it; otherwise it is announced anew. */
  async fail(id: string, lease: number, error: string, isNamed: boolean): Promise<void> {
    if (!line.fail(this.ctx.storage.sql, id, lease, error, { isNamed, now: Date.now() })) return;
    await this.#setAlarm(retryMilliseconds);
  }

  /** `busy`: it is being processed. Null: it is processed, was never accepted, or is announced anew (push-line.ts). */
  async bury(id: string): Promise<line.BuriedPush | "busy" | null> {
    const buried = line.bury(this.ctx.storage.sql, id, Date.now());
    await this.#setAlarm();
    await this.#announce();
    return buried;
  }

  inspect(id: string): line.BuriedPush | null {
    return line.inspect(this.ctx.storage.sql, id);
  }

  overview(): line.LineOverview {
    return line.overview(this.ctx.storage.sql, Date.now());
  }

  async replay(id: string): Promise<boolean> {
    const found = line.replay(this.ctx.storage.sql, id);
    await this.#setAlarm();
    await this.#announce();
    return found;
  }

  discard(id: string): void {
    this.ctx.storage.transactionSync(() => line.discard(this.ctx.storage.sql, id, Date.now()));
  }

  /** Tidies up, and announces what is not announced yet. What has expired no longer counts, alarm or not. */
  override async alarm(): Promise<void> {
    const now = Date.now();
    this.ctx.storage.sql.exec("delete from counter where expires_at <= ?", now);
    line.forgetDone(this.ctx.storage.sql, now);
    await this.#setAlarm();
    await this.#announce();
  }

  /** Tells the queue whose turn it is. A refusal is not an error: the alarm comes back to it. */
  async #announce(): Promise<void> {
    const { sql } = this.ctx.storage;
    const now = Date.now();
    const next = line.findUnannounced(sql, now);
    if (next === null) return;
    const { id, glRepository } = next;
    // Said before it is known, so that two calls at once announce it once.
    line.markAnnounced(sql, id, now);
    try {
      const job: JobOf<"push"> = { kind: "push", version: 1, gl_repository: glRepository, push_id: id };
      await this.env.JOBS.send(job);
    } catch (error) {
      line.markUnannounced(sql, id);
      await this.#setAlarm(retryMilliseconds);
      log.error("push:not-announced", { gl_repository: glRepository, push_id: id, description: describeFailure(error) });
    }
  }

  /** To the first of what there is to come back to; what nobody has been told of, in so many milliseconds. */
  async #setAlarm(unannounced = announceMilliseconds): Promise<void> {
    const now = Date.now();
    const count = this.#read();
    const times = [count?.expiresAt || null, line.nextLook(this.ctx.storage.sql, now, unannounced)].filter((time) => time !== null);
    if (times.length === 0) await this.ctx.storage.deleteAlarm();
    else await this.ctx.storage.setAlarm(Math.max(now, Math.min(...times)));
  }

  #read(): CounterState | null {
    const [row] = this.ctx.storage.sql.exec<{ value: number; expires_at: number; version: number }>(
      "select value, expires_at, version from counter",
    );
    return row === undefined ? null : { value: row.value, expiresAt: row.expires_at, version: row.version };
  }

  /** The clock goes into the version, so that it goes on growing when the row was tidied away. */
  #store(count: ReferenceCount): CounterState {
    const version = Math.max((this.#read()?.version ?? 0) + 1, Date.now());
    this.ctx.storage.sql.exec(
      "insert into counter (id, value, expires_at, version) values (1, ?, ?, ?) on conflict (id) do update set value = excluded.value, expires_at = excluded.expires_at, version = excluded.version",
      count.value,
      count.expiresAt,
      version,
    );
    return { ...count, version };
  }
}
