import { shortNameOf } from "../git/changes.ts";
import { changesIn, type ChangeGroup } from "./change-groups.ts";
import type { PushAction, RefType } from "./push-event.ts";
import type { RecordedGroup } from "./pushed-facts.ts";
import type { PushedRef } from "./ref-changes.ts";

/**
 * What people are to see of a push (contract push 7.4): of one changed ref, or, with `refCount`, of many. How many commits
 * there are, and what the newest is called, only the repository knows; nothing is said of either.
 */
export interface PushEvent {
  /** Line of the change; of many refs the first one's. */
  changeIndex: number;
  action: PushAction;
  refType: RefType;
  /** Short name. */
  ref: string | null;
  commitFrom: string | null;
  commitTo: string | null;
  refCount: number | null;
}

/**
 * The events of a push, group by group. `limit` is the setting `push_event_activities_limit`: a group that is larger is
 * one event; 0 makes every group one. A group that is in `recorded` stays what it was: the limit may have changed since, and
 * nothing is to be told in both ways.
 */
export function* pushEvents(
  groups: readonly ChangeGroup[],
  changes: () => Iterable<PushedRef>,
  limit: number,
  recorded: readonly RecordedGroup[],
): Generator<PushEvent> {
  for (const group of groups) {
    const before = recorded.find(({ type, action }) => type === group.type && action === group.action);
    if (before?.isBulk ?? group.size > limit) yield bulkEvent(group);
    else yield* singleEvents(group, changes());
  }
}

function bulkEvent({ type, action, size, firstIndex }: ChangeGroup): PushEvent {
  return { changeIndex: firstIndex, action, refType: type, ref: null, commitFrom: null, commitTo: null, refCount: size };
}

function* singleEvents(group: ChangeGroup, changes: Iterable<PushedRef>): Generator<PushEvent> {
  const { action, type } = group;
  for (const change of changesIn(group, changes)) {
    yield {
      changeIndex: change.index,
      action,
      refType: type,
      ref: shortNameOf(change.ref),
      commitFrom: action === "created" ? null : change.oldrev,
      commitTo: action === "removed" ? null : change.newrev,
      refCount: null,
    };
  }
}
