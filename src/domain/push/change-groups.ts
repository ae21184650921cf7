import { isBlankRevision, type RefChange } from "../git/changes.ts";
import { refTypes, type PushAction, type RefType } from "./push-event.ts";
import type { PushedRef } from "./ref-changes.ts";

/** The changes of a push that did the same to refs of one type. Limits are compared with how many they are. */
export interface ChangeGroup {
  type: RefType;
  action: PushAction;
  size: number;
  /** Line of the first of them. */
  firstIndex: number;
}

export function actionOf({ oldrev, newrev }: Pick<RefChange, "oldrev" | "newrev">): PushAction {
  if (isBlankRevision(oldrev)) return "created";
  return isBlankRevision(newrev) ? "removed" : "pushed";
}

/** The groups of a push in the order in which they are dealt with: branches, then tags; each as they first appear (contract push 7.3). */
export function groupChanges(changes: Iterable<PushedRef>): ChangeGroup[] {
  const groups: ChangeGroup[] = [];
  for (const change of changes) {
    const { type, index: firstIndex } = change;
    const action = actionOf(change);
    const group = groups.find((each) => each.type === type && each.action === action);
    if (group === undefined) groups.push({ type, action, size: 1, firstIndex });
    else group.size += 1;
  }
  return refTypes.flatMap((type) => groups.filter((group) => group.type === type));
}

/** Those of a push's changes that are in a group, in their order. */
export function* changesIn({ type, action }: ChangeGroup, changes: Iterable<PushedRef>): Generator<PushedRef> {
  for (const change of changes) if (change.type === type && actionOf(change) === action) yield change;
}
