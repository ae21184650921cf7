import { recordPushDeliveries, type NewDelivery, type PayloadPart } from "../../db/hook-deliveries.ts";
import { shortNameOf } from "../../domain/git/changes.ts";
import { compilePattern } from "../../domain/git/ref-pattern.ts";
import { pushPayload, repositoryUpdateParts, type PayloadFacts } from "../../domain/hooks/push-payload.ts";
import { selectHooks, triggerOf, type Audience } from "../../domain/hooks/select.ts";
import { changesIn, type ChangeGroup } from "../../domain/push/change-groups.ts";
import type { PushedProject } from "../../domain/push/pushed-facts.ts";
import type { PushedRef } from "../../domain/push/ref-changes.ts";
import { deliveryJobs, sendJobs } from "../send-jobs.ts";
import type { PushRun } from "./push-run.ts";

/** What the bodies of a push leave out for want of Git data. */
const notVerified = { branch: ["commits"], tag: ["commits", "tag"] };

/** A changed ref that somebody hears of. */
interface Heard {
  change: PushedRef;
  hookIds: readonly number[];
}

/**
 * Notes what hooks are to be told of a push, and sends the deliveries on their way (contract push 8); how many there were
 * to send. Of a group of changes that is larger than `push_event_hooks_limit` nobody hears. Bodies are built where
 * somebody hears of them only.
 */
export async function tellHooks(run: PushRun, project: PushedProject, groups: readonly ChangeGroup[]): Promise<number> {
  const { pusher, settings, hooks } = run.facts;
  if (pusher === null || hooks.length === 0) return 0;
  const audience = await selectHooks(hooks, run.now);
  const told = groups.filter((group) => group.size <= settings.push_event_hooks_limit);
  const heard = () => heardChanges(run, told, audience);
  if (heard().next().done === true && audience.ofRepositoryUpdate.length === 0) return 0;
  const facts: PayloadFacts = { project, pusher, urls: run.push.urls };
  const ids = await recordPushDeliveries(
    run.db,
    {
      pushId: run.push.id,
      parts: partsOf(run, heard(), facts, audience),
      deliveries: deliveriesOf(run, heard(), audience),
    },
    run.now,
    run.checkTime,
  );
  // A queue that refuses makes the push come again: what is noted is still to be sent then.
  await sendJobs(run.env.JOBS, deliveryJobs(ids), run.checkTime);
  return ids.length;
}

function* heardChanges(run: PushRun, groups: readonly ChangeGroup[], audience: Audience): Generator<Heard> {
  for (const group of groups) {
    for (const change of changesIn(group, run.changes())) {
      const hookIds = audience.hearing(change);
      if (hookIds.length > 0) yield { change, hookIds };
    }
  }
}

const changeKey = (run: PushRun, change: PushedRef) => `${run.push.id}/${change.index}`;
const updateKey = (run: PushRun) => `${run.push.id}/repository_update`;

function* partsOf(run: PushRun, heard: Iterable<Heard>, facts: PayloadFacts, audience: Audience): Generator<PayloadPart> {
  const isProtected = protectionOf(facts.project);
  for (const { change } of heard) {
    yield { key: changeKey(run, change), part: 0, text: JSON.stringify(pushPayload(change, isProtected(change), facts)) };
  }
  if (audience.ofRepositoryUpdate.length === 0) return;
  let part = 0;
  for (const text of repositoryUpdateParts(run.changes, facts)) {
    yield { key: updateKey(run), part, text };
    part += 1;
  }
}

/** Whether any rule matches a ref. */
function protectionOf({ branchRules, tagRules }: PushedProject): (change: PushedRef) => boolean {
  const matchers = { branch: branchRules.map(compilePattern), tag: tagRules.map(compilePattern) };
  return ({ type, ref }) => matchers[type].some((matches) => matches(shortNameOf(ref)));
}

function* deliveriesOf(run: PushRun, heard: Iterable<Heard>, audience: Audience): Generator<NewDelivery> {
  const instanceUrl = run.push.urls.external;
  for (const { change, hookIds } of heard) {
    const payloadKey = changeKey(run, change);
    const told = { payloadKey, trigger: triggerOf[change.type], instanceUrl, notVerified: notVerified[change.type] };
    for (const hookId of hookIds) yield { hookId, ...told };
  }
  const payloadKey = updateKey(run);
  for (const hookId of audience.ofRepositoryUpdate) {
    yield { hookId, payloadKey, trigger: "repository_update_hooks", instanceUrl, notVerified: [] };
  }
}
