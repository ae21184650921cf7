import { configOf } from "../config.ts";
import { openDb } from "../db/client.ts";
import { recordDeadLetter } from "../db/dead-letters.ts";
import { describeFailure } from "../http/errors.ts";
import { log } from "../http/log.ts";
import { bury } from "./bury.ts";
import { announceAlert } from "./jobs/announce-alert.ts";
import { deliverHook } from "./jobs/deliver-hook.ts";
import { processLine, type GoesOn } from "./jobs/line.ts";
import { acceptParkedPush } from "./jobs/parked-push.ts";
import { refreshSeatsAsAsked } from "./jobs/refresh-seats.ts";
import { readJob, type Job } from "./messages.ts";

/** What becomes of a message: done with, or to come again. */
export type Settled = { done: true } | { retryInSeconds: number };

/** The calls to web hooks that one batch makes at a time: the platform opens six connections at once. */
const deliveryLanes = 4;

/**
 * How many pushes a batch processes, those that its messages name and those behind them, and for how long it goes on with
 * the latter: D1 takes 1,000 statements an invocation, and an ordinary push has about twenty.
 */
const mostPushes = 40;
const longestVisitMilliseconds = 60_000;

/**
 * Settles each message alone: one that fails holds no other up, and web hooks that do not answer hold no push up. A job
 * comes at least once, and every effect of it has a key, so that coming again repeats nothing. After its retries
 * (wrangler.toml) the platform moves it to the dead-letter queue, which is consumed here too and kept in D1.
 */
export async function consume(batch: MessageBatch<unknown>, env: Env): Promise<void> {
  const goesOn = roomFor(mostPushes - batch.messages.length);
  const work = batch.queue.endsWith("-dead") ? bury : (bindings: Env, message: Message<unknown>) => handle(bindings, message, goesOn);
  const [deliveries, others] = partition(batch.messages, (message) => readJob(message.body)?.kind === "deliver_hook");
  const lanes = Array.from({ length: deliveryLanes }, (_, lane) => deliveries.filter((_each, index) => index % deliveryLanes === lane));
  await Promise.all([others, ...lanes].map((lane) => settleInTurn(lane, (message) => work(env, message))));
}

function roomFor(pushes: number): GoesOn {
  const begun = Date.now();
  let left = pushes;
  return () => {
    left -= 1;
    return left >= 0 && Date.now() - begun < longestVisitMilliseconds;
  };
}

function partition<T>(values: readonly T[], belongs: (value: T) => boolean): [T[], T[]] {
  return [values.filter((value) => belongs(value)), values.filter((value) => !belongs(value))];
}

async function settleInTurn(messages: readonly Message<unknown>[], work: (message: Message<unknown>) => Promise<Settled>): Promise<void> {
  for (const message of messages) {
    // oxlint-disable-next-line no-await-in-loop -- one body in memory at a time
    const settled = await settle(() => work(message), message);
    if ("done" in settled) message.ack();
    else message.retry({ delaySeconds: settled.retryInSeconds });
  }
}

async function settle(work: () => Promise<Settled>, message: Message<unknown>): Promise<Settled> {
  try {
    return await work();
  } catch (error) {
    log.error("queue:job-failed", { message_id: message.id, attempts: message.attempts, description: describeFailure(error) });
    return { retryInSeconds: retryDelay(message.attempts, Math.random()) };
  }
}

async function handle(env: Env, message: Message<unknown>, goesOn: GoesOn): Promise<Settled> {
  // A deployment that is not configured processes nothing; what it was given waits.
  configOf(env);
  const job = readJob(message.body);
  if (job === null) return keepUnknown(env, message);
  return perform(env, job, message.attempts, goesOn);
}

async function perform(env: Env, job: Job, attempts: number, goesOn: GoesOn): Promise<Settled> {
  switch (job.kind) {
    case "push":
      return processLine(env, job, retryDelay(attempts, Math.random()), goesOn);
    case "parked_push":
      return acceptParkedPush(env, job);
    case "deliver_hook":
      return deliverHook(env, job.delivery_id);
    case "announce_alert":
      return announceAlert(env, job);
    case "refresh_seats":
      return refreshSeatsAsAsked(env, job);
  }
}

/** What nobody can read would fail each time: it is kept for an operator, and holds nothing up. */
async function keepUnknown(env: Env, message: Message<unknown>): Promise<Settled> {
  log.error("queue:unknown-job", { message_id: message.id });
  await recordDeadLetter(openDb(env.DB), {
    key: `message:${message.id}`,
    kind: null,
    version: null,
    attempts: message.attempts,
    error: "The message is of no known kind and version.",
    body: message.body,
    at: new Date(),
  });
  return { done: true };
}

const firstDelaySeconds = 15;
const longestDelaySeconds = 600;

/** Trebles with every attempt (five of them last twenty minutes), and is spread, so that what failed together does not come back together. `random`: 0 to 1. */
export function retryDelay(attempts: number, random: number): number {
  const delay = Math.min(longestDelaySeconds, firstDelaySeconds * 3 ** Math.max(0, attempts - 1));
  return Math.round(delay * (1 + random / 2));
}
