import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { ReferenceCounter } from "../../src/counter/reference-counter.ts";
import type { AcceptedPush } from "../../src/domain/push/accepted-push.ts";

type Stub = DurableObjectStub<ReferenceCounter>;

export const sha = (digit: string) => digit.repeat(40);
export const blank = sha("0");

export function aPush(glRepository: string, over: Partial<AcceptedPush> = {}): AcceptedPush {
  return {
    id: crypto.randomUUID(),
    glRepository,
    identifier: "user-1",
    changes: `${blank} ${sha("a")} refs/heads/main\n`,
    options: {},
    urls: { ssh: "git@git.example.test:", http: "https://git.example.test/", external: "https://git.example.test" },
    acceptedAt: Date.now(),
    ...over,
  };
}

/** What an object said to a queue that takes everything and delivers nothing, or refuses as often as it is told to. */
export interface FakeQueue {
  sent: unknown[];
  refusals: number;
}

/** Puts such a queue in place of the object's own. */
export async function withFakeQueue(stub: Stub): Promise<FakeQueue> {
  const queue: FakeQueue = { sent: [], refusals: 0 };
  await runInDurableObject(stub, (instance) => {
    const send = (body: unknown) => {
      if (queue.refusals > 0) {
        queue.refusals -= 1;
        return Promise.reject(new Error("queue is down"));
      }
      queue.sent.push(body);
      return Promise.resolve();
    };
    (instance as unknown as { env: unknown }).env = { ...env, JOBS: { send } };
  });
  return queue;
}

export function objectOf(glRepository: string): Stub {
  return env.REFERENCE_COUNTER.getByName(glRepository);
}

/** Makes rows of the object's line look as if that much time had passed. */
export function passTime(stub: Stub, milliseconds: number): Promise<void> {
  return runInDurableObject(stub, (_instance, state) => {
    state.storage.sql.exec(
      "update pushes set leased_until = max(0, leased_until - ?), quiet_until = case quiet_until when 0 then 0 else max(1, quiet_until - ?) end, done_at = max(0, done_at - ?)",
      milliseconds,
      milliseconds,
      milliseconds,
    );
  });
}

/** How many pushes are in the lines of all repositories. */
export async function pushesInLine(): Promise<number> {
  let count = 0;
  for (const id of await listDurableObjectIds(env.REFERENCE_COUNTER)) {
    const object = env.REFERENCE_COUNTER.get(id);
    count += await runInDurableObject(
      object,
      (_instance, state) => [...state.storage.sql.exec("select 1 from pushes where state <> 'done'")].length,
    );
  }
  return count;
}
