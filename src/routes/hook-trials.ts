import * as v from "valibot";
import { loadPushedFacts } from "../db/facts/pushed-facts.ts";
import type { HookVerdict } from "../db/hook-attempts.ts";
import { recordTrial } from "../db/hook-requests.ts";
import type { HookPlace, HookRow } from "../db/hooks.ts";
import { findSampleProject, findSampleRefs } from "../db/sample-project.ts";
import { unprocessable } from "../domain/fault.ts";
import { testTriggers, type TestTrigger } from "../domain/hooks/events.ts";
import type { PushTrigger } from "../domain/hooks/hook.ts";
import { sampleBody } from "../domain/hooks/sample.ts";
import { callHook, type HookCall, type HookCallOutcome } from "../hooks/attempt.ts";
import { cloneUrls, externalUrl } from "../http/context.ts";
import { oneOf, text } from "../http/fields.ts";
import { operation, type Operation, type OperationContext } from "../http/operation.ts";
import { manageHook, type HookSource } from "./hook-source.ts";
import { limitTrials } from "./hook-trial-limit.ts";

type Context = OperationContext<"user">;

/** Of the events by which a hook can be tried, those that are ever delivered. */
const delivered: Partial<Record<TestTrigger, PushTrigger>> = { push_events: "push_hooks", tag_push_events: "tag_push_hooks" };

/**
 * POST …/hooks/:hook_id/test/:trigger: calls the hook at once, paused or switched off as it may be, with a made-up event; a
 * success makes it work again (contract push 8.5). At most five a minute of one person for the hooks of a place. 422 where
 * the receiver does not take it, or there is no such event here.
 */
export function testHook(source: HookSource): Operation {
  return operation({
    method: "POST",
    path: `${source.path}/hooks/:hook_id/test/:trigger`,
    summary: `Try a web hook of a ${source.kind}`,
    tags: ["provisioning"],
    caller: "user",
    ...source.requires,
    params: v.object({ ...source.segments, hook_id: text(), trigger: oneOf(testTriggers) }),
    answers: { 201: { description: "It was taken", schema: v.object({ message: v.string() }) } },
    faults: [...source.faults.write, 422, 429],
    async handle(c, params) {
      const { place, hook } = await manageHook(c, source);
      await limitTrials(c, "test", place);
      const trigger = delivered[params.trigger];
      if (trigger === undefined) throw unprocessable("Nothing is ever delivered for these events");
      await tryHook(c, place, hook, trigger);
      return c.json({ message: "201 Created" }, 201);
    },
  });
}

/** POST /hooks/:hook_id: the same of a system hook, with the event that all of them can hear of. Answers what was sent. */
export const testSystemHook = (source: HookSource): Operation =>
  operation({
    method: "POST",
    path: `${source.path}/hooks/:hook_id`,
    summary: "Try a system hook",
    tags: ["provisioning"],
    caller: "user",
    ...source.requires,
    params: v.object({ ...source.segments, hook_id: text() }),
    answers: { 201: { description: "What was sent, and taken", schema: v.record(v.string(), v.unknown()) } },
    faults: [...source.faults.write, 422, 429],
    async handle(c) {
      const { place, hook } = await manageHook(c, source);
      await limitTrials(c, "test", place);
      const sent = await tryHook(c, place, hook, "repository_update_hooks");
      return c.body(sent, 201, { "Content-Type": "application/json" });
    },
  });

/** Calls the hook and writes it down; 422 where it was not taken. Answers the body. */
async function tryHook(c: Context, place: HookPlace, hook: HookRow, trigger: PushTrigger): Promise<string> {
  const { db } = c.var;
  const json = await makeSample(c, place, trigger);
  const body = Uint8Array.from(Buffer.from(json));
  const trial = { trigger, payloadKey: crypto.randomUUID(), idempotencyKey: crypto.randomUUID(), instanceUrl: externalUrl(c) };
  const outcome = await callOnce(c, { ...trial, hook, body });
  const now = new Date();
  const request = { ...outcome.logged, hookId: hook.id, payloadKey: trial.payloadKey, trigger, notVerified: ["commits"], createdAt: now };
  const isDelivered = outcome.result === "delivered";
  await recordTrial(db, { ...trial, hookId: hook.id, isDelivered, request }, json, trialVerdict(outcome), now);
  if (!isDelivered) throw unprocessable(reasonOf(outcome));
  return json;
}

/** As if the caller had just pushed to the project, or to one of the group's or the instance's. */
async function makeSample(c: Context, place: HookPlace, trigger: PushTrigger): Promise<string> {
  const { db, caller } = c.var;
  const id = await findSampleProject(db, place);
  const push = { id: "", repository: { type: "project", id: id ?? 0 }, identifier: `user-${caller.user.id}` } as const;
  const [{ repository, pusher }, refs] = await Promise.all([loadPushedFacts(db, push), findSampleRefs(db, id ?? 0)]);
  if (repository === null || repository.type === "snippet" || pusher === null) throw unprocessable("Ensure there is a project to tell of");
  return sampleBody(trigger, refs, { project: repository.project, pusher, urls: cloneUrls(c) });
}

/** A call that somebody waits for, under the settings of now. */
export function callOnce(c: Context, call: Omit<HookCall, "version">): Promise<HookCallOutcome> {
  const { config, caller } = c.var;
  return callHook(
    { ...call, version: config.gitlabVersion },
    {
      keys: config.encryptionKeys,
      allowsLocal: caller.settings.allow_local_requests_from_web_hooks_and_services,
      send: (url, init) => fetch(url, init),
      clock: () => Date.now(),
    },
  );
}

/** A trial speaks for the hook, and never against it: whoever tries one mends it, and would switch it off. */
export function trialVerdict({ result }: HookCallOutcome): HookVerdict {
  return result === "delivered" ? "works" : "unknown";
}

export function reasonOf({ status, logged }: HookCallOutcome): string {
  return status === null ? (logged.error ?? "No answer") : `The receiver answered with HTTP ${status}`;
}
