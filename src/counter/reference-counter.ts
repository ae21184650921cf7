import { DurableObject } from "cloudflare:workers";
import { currentCount, decreaseCount, increaseCount, type ReferenceCount } from "../domain/push/reference-count.ts";

/**
 * One object per repository, named by its gl_repository as received. Its one row is the count of pushes in progress;
 * reading and writing it has no `await` in between, so no two pushes can take each other's step.
 */
export class ReferenceCounter extends DurableObject<Env> {
  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    state.storage.sql.exec(
      "create table if not exists count (id integer primary key check (id = 1), value integer not null, expires_at integer not null)",
    );
  }

  /** The count after one more. */
  async increase(): Promise<number> {
    const count = this.#store(increaseCount(this.#read(), Date.now()));
    await this.ctx.storage.setAlarm(count.expiresAt);
    return count.value;
  }

  /** The count after one less; never negative. */
  decrease(): number {
    return this.#store(decreaseCount(this.#read(), Date.now())).value;
  }

  value(): number {
    return currentCount(this.#read(), Date.now()).value;
  }

  /** Only tidies up: what has expired no longer counts, alarm or not. */
  override async alarm(): Promise<void> {
    const stored = this.#read();
    if (stored !== null && stored.expiresAt > Date.now()) await this.ctx.storage.setAlarm(stored.expiresAt);
    else this.ctx.storage.sql.exec("delete from count");
  }

  #read(): ReferenceCount | null {
    const [row] = this.ctx.storage.sql.exec<{ value: number; expires_at: number }>("select value, expires_at from count");
    return row === undefined ? null : { value: row.value, expiresAt: row.expires_at };
  }

  #store(count: ReferenceCount): ReferenceCount {
    this.ctx.storage.sql.exec(
      "insert into count (id, value, expires_at) values (1, ?, ?) on conflict (id) do update set value = excluded.value, expires_at = excluded.expires_at",
      count.value,
      count.expiresAt,
    );
    return count;
  }
}
