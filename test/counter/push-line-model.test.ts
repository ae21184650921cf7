import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { packPush } from "../../src/counter/client.ts";
import type { BuriedPush, Turn } from "../../src/counter/push-line.ts";
import type { AcceptedPush } from "../../src/domain/push/accepted-push.ts";
import { aPush, blank, objectOf, passTime, sha, withFakeQueue, type FakeQueue } from "../setup/line.ts";
import { unique } from "../setup/world.ts";

const minute = 60_000;
const leaseMinutes = 3;
const refs = ["refs/heads/main", "refs/heads/topic", "refs/tags/v1"];

/** A push as the line should see it; its number is its place in the list. */
interface Expected {
  refs: readonly string[];
  state: "waiting" | "buried" | "replaying" | "processed" | "discarded";
  wasGivenUp: boolean;
  attempts: number;
  /** The run that may end it; null: none. */
  run: number | null;
  /** In minutes of the model. */
  leasedUntil: number;
}

interface Model {
  pushes: Expected[];
  now: number;
  runs: number;
}

interface Run {
  push: number;
  run: number;
  lease: number;
  writes: readonly string[];
}

interface Real {
  glRepository: string;
  object: ReturnType<typeof objectOf>;
  queue: FakeQueue;
  pushes: AcceptedPush[];
  /** Runs that have begun and not yet ended, whether or not they still may. */
  runs: Run[];
  /** Ref -> number of the push that it follows. */
  stored: Map<string, number>;
  processed: number[];
}

const isInLine = ({ state }: Expected) => state === "waiting" || state === "replaying";
const isLeased = (model: Model, { run, leasedUntil }: Expected) => run !== null && leasedUntil > model.now;

function expectedTurn(model: Model, push: Expected): Turn["state"] {
  if (!isInLine(push)) return "gone";
  if (isLeased(model, push)) return "busy";
  if (model.pushes.some((each) => isLeased(model, each))) return "waiting";
  const head = model.pushes.find(({ state }) => state === "waiting");
  return push.state === "waiting" && push !== head ? "waiting" : "ready";
}

function expectedSuperseded(model: Model, number: number): number[] {
  const push = model.pushes[number]!;
  if (push.state !== "replaying") return [];
  const later = model.pushes.slice(number + 1).filter(({ state }) => state === "processed");
  return push.refs.flatMap((ref, index) => (later.some((each) => each.refs.includes(ref)) ? [index] : []));
}

/** What holds after every step. */
async function check(model: Model, real: Real): Promise<void> {
  const newest = (ref: string) => model.pushes.findLastIndex((push) => push.state === "processed" && push.refs.includes(ref));
  for (const ref of refs) expect(real.stored.get(ref) ?? -1).toBe(newest(ref));
  expect(new Set(real.processed).size).toBe(real.processed.length);
  const inOrder = real.processed.filter((number) => !model.pushes[number]!.wasGivenUp);
  expect(inOrder).toEqual(inOrder.toSorted((one, other) => one - other));
  const { alarm, parts, later } = await runInDurableObject(real.object, async (_instance, { storage }) => ({
    alarm: await storage.getAlarm(),
    parts: storage.sql.exec<{ n: number }>("select count(distinct number) as n from push_parts").one().n,
    later: storage.sql.exec<{ n: number }>("select count(*) as n from later_changes").one().n,
  }));
  const kept = model.pushes.filter((push) => isInLine(push) || push.state === "buried");
  expect(parts).toBe(kept.length);
  if (!kept.some(({ state }) => state !== "waiting")) expect(later).toBe(0);
  if (!model.pushes.some((push) => isInLine(push))) return;
  expect(alarm).not.toBeNull();
  expect(alarm! - Date.now()).toBeLessThanOrEqual(20 * minute);
}

abstract class Step implements fc.AsyncCommand<Model, Real> {
  readonly seed: number;
  constructor(seed: number) {
    this.seed = seed;
  }
  check({ pushes }: Readonly<Model>): boolean {
    return pushes.length > 0;
  }
  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real);
    await check(model, real);
  }
  protected abstract act(model: Model, real: Real): Promise<void>;
  protected numberIn({ pushes }: Model): number {
    return this.seed % pushes.length;
  }
  toString(): string {
    return `${this.constructor.name}(${this.seed})`;
  }
}

class Accept extends Step {
  override check(): boolean {
    return true;
  }
  protected async act(model: Model, real: Real): Promise<void> {
    const changed = refs.filter((_ref, index) => ((this.seed % 7) + 1) & (1 << index));
    const push = aPush(real.glRepository, { changes: changed.map((ref) => `${blank} ${sha("a")} ${ref}\n`).join("") });
    real.pushes.push(push);
    model.pushes.push({ refs: changed, state: "waiting", wasGivenUp: false, attempts: 0, run: null, leasedUntil: 0 });
    await real.object.accept(packPush(push));
  }
}

class AcceptAgain extends Step {
  protected async act(model: Model, real: Real): Promise<void> {
    await real.object.accept(packPush(real.pushes[this.numberIn(model)]!));
  }
}

async function take(model: Model, real: Real, number: number): Promise<void> {
  const push = model.pushes[number]!;
  const turn = (await real.object.take(real.pushes[number]!.id)) as Turn;
  expect(turn.state).toBe(expectedTurn(model, push));
  if (turn.state !== "ready") return;
  expect(turn.superseded).toEqual(expectedSuperseded(model, number));
  model.runs += 1;
  Object.assign(push, { run: model.runs, leasedUntil: model.now + leaseMinutes, attempts: push.attempts + 1 });
  const writes = push.refs.filter((_ref, index) => !turn.superseded.includes(index));
  real.runs.push({ push: number, run: model.runs, lease: turn.lease, writes });
}

/** A run whose lease was over is not believed, and has written nothing (it looks at the time). */
async function finish(model: Model, real: Real, run: Run, goesOn: boolean): Promise<void> {
  const push = model.pushes[run.push]!;
  const stands = push.run === run.run && push.leasedUntil > model.now;
  real.runs.splice(real.runs.indexOf(run), 1);
  const next = await real.object.finish(real.pushes[run.push]!.id, run.lease, goesOn);
  if (!stands) return expect(next).toBeNull();
  Object.assign(push, { state: "processed", run: null });
  real.processed.push(run.push);
  for (const ref of run.writes) real.stored.set(ref, run.push);
  return next === null ? undefined : take(model, real, numberOf(real, next));
}

const numberOf = (real: Real, id: string) => real.pushes.findIndex((push) => push.id === id);

class Take extends Step {
  protected act(model: Model, real: Real): Promise<void> {
    return take(model, real, this.numberIn(model));
  }
}

/** The line's next push, so that many come to their end. */
class TakeNext extends Step {
  override check({ pushes }: Readonly<Model>): boolean {
    return pushes.some((push) => isInLine(push));
  }
  protected act(model: Model, real: Real): Promise<void> {
    return take(
      model,
      real,
      model.pushes.findIndex((push) => isInLine(push)),
    );
  }
}

class Finish extends Step {
  protected async act(model: Model, real: Real): Promise<void> {
    const run = real.runs[this.seed % Math.max(1, real.runs.length)];
    if (run !== undefined) await finish(model, real, run, this.seed % 2 === 0);
  }
}

class Fail extends Step {
  protected async act(model: Model, real: Real): Promise<void> {
    const run = real.runs[this.seed % Math.max(1, real.runs.length)];
    if (run === undefined) return;
    const push = model.pushes[run.push]!;
    if (push.run === run.run) push.run = null;
    real.runs.splice(real.runs.indexOf(run), 1);
    await real.object.fail(real.pushes[run.push]!.id, run.lease, "it failed", this.seed % 2 === 0);
  }
}

class Bury extends Step {
  protected async act(model: Model, real: Real): Promise<void> {
    const number = this.numberIn(model);
    const push = model.pushes[number]!;
    const buried = (await real.object.bury(real.pushes[number]!.id)) as BuriedPush | "busy" | null;
    if (isLeased(model, push)) return expect(buried).toBe("busy");
    if (push.attempts === 0 || !(isInLine(push) || push.state === "buried")) return expect(buried).toBeNull();
    expect(buried).toMatchObject({ attempts: push.attempts });
    Object.assign(push, { state: "buried", wasGivenUp: true, run: null });
    return undefined;
  }
}

/** Takes, fails and buries in a row, so that there is something to replay. */
class GiveUp extends TakeNext {
  protected override async act(model: Model, real: Real): Promise<void> {
    const before = real.runs.length;
    await super.act(model, real);
    const run = real.runs.at(-1);
    if (run === undefined || real.runs.length === before) return;
    real.runs.pop();
    await real.object.fail(real.pushes[run.push]!.id, run.lease, "it failed", true);
    await real.object.bury(real.pushes[run.push]!.id);
    Object.assign(model.pushes[run.push]!, { state: "buried", wasGivenUp: true, run: null });
  }
}

class Replay extends Step {
  protected override numberIn(model: Model): number {
    const buried = model.pushes.flatMap(({ state }, number) => (state === "buried" ? [number] : []));
    return buried[this.seed % Math.max(1, buried.length)] ?? super.numberIn(model);
  }
  protected async act(model: Model, real: Real): Promise<void> {
    const number = this.numberIn(model);
    const push = model.pushes[number]!;
    const isFound = push.state === "buried" || push.state === "replaying";
    expect(await real.object.replay(real.pushes[number]!.id)).toBe(isFound);
    if (isFound) push.state = "replaying";
  }
}

class Discard extends Step {
  protected async act(model: Model, real: Real): Promise<void> {
    const number = this.numberIn(model);
    const push = model.pushes[number]!;
    await real.object.discard(real.pushes[number]!.id);
    if (push.state === "buried") push.state = "discarded";
  }
}

/** What was announced before is lost with its queue. */
class Evict extends Step {
  protected async act(_model: Model, real: Real): Promise<void> {
    await evictDurableObject(real.object);
    real.queue = await withFakeQueue(real.object);
  }
}

class Alarm extends Step {
  protected async act(_model: Model, real: Real): Promise<void> {
    await runDurableObjectAlarm(real.object);
  }
}

class Refuse extends Step {
  protected async act(_model: Model, real: Real): Promise<void> {
    real.queue.refusals = (this.seed % 3) + 1;
  }
}

class Wait extends Step {
  protected async act(model: Model, real: Real): Promise<void> {
    await wait(model, real, [1, 2, 4, 21][this.seed % 4]!);
  }
}

async function wait(model: Model, real: Real, minutes: number): Promise<void> {
  model.now += minutes;
  await passTime(real.object, minutes * minute);
  for (const run of real.runs) run.lease -= minutes * minute;
}

const sentBy = (queue: FakeQueue) => queue.sent.splice(0).map((job) => (job as { push_id: string }).push_id);

/** As a consumer does that hears of a push. */
async function processAll(model: Model, real: Real, id: string, goesOn: boolean): Promise<void> {
  await take(model, real, numberOf(real, id));
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  for (let [run] = real.runs; run !== undefined; [run] = real.runs) await finish(model, real, run, goesOn);
}

/** Everybody is well again, and only what the object itself announced is delivered: the whole line comes to its end. */
async function drain(model: Model, real: Real): Promise<void> {
  real.queue.refusals = 0;
  real.runs = [];
  // oxlint-disable no-await-in-loop -- one after the other
  for (let round = 0; round < 3 * model.pushes.length + 3 && model.pushes.some((push) => isInLine(push)); round += 1) {
    await wait(model, real, 21);
    await runDurableObjectAlarm(real.object);
    for (let sent = sentBy(real.queue); sent.length > 0; sent = sentBy(real.queue)) {
      for (const id of sent) await processAll(model, real, id, round % 2 === 0);
    }
  }
  // oxlint-enable no-await-in-loop
  expect(model.pushes.filter((push) => isInLine(push))).toEqual([]);
  await check(model, real);
}

const step = (kind: new (seed: number) => Step) => fc.nat({ max: 1000 }).map((seed) => new kind(seed));
/** How often each is drawn. */
const kinds: [new (seed: number) => Step, number][] = [
  [Accept, 3],
  [AcceptAgain, 1],
  [Take, 1],
  [TakeNext, 3],
  [Finish, 2],
  [Fail, 2],
  [Bury, 2],
  [GiveUp, 2],
  [Replay, 2],
  [Discard, 1],
  [Evict, 1],
  [Alarm, 1],
  [Refuse, 1],
  [Wait, 1],
];
const steps = kinds.flatMap(([kind, weight]) => Array.from({ length: weight }, () => step(kind)));

it("behaves like a list, whatever fails, comes twice or too late, and comes to its end by itself", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 60, size: "max" }), async (commands) => {
      const glRepository = unique("project-");
      const object = objectOf(glRepository);
      const queue = await withFakeQueue(object);
      const real: Real = { glRepository, object, queue, pushes: [], runs: [], stored: new Map(), processed: [] };
      const model: Model = { pushes: [], now: 0, runs: 0 };
      await fc.asyncModelRun(() => ({ model, real }), commands);
      await drain(model, real);
    }),
    { numRuns: 100 },
  );
});
