import { refusals } from "../refusal.ts";
import { isBranch } from "../../git/changes.ts";
import type { Guard } from "../guard.ts";
import { placeOf, type ChangedRef, type CodePush } from "./changed-ref.ts";
import { mayPush } from "./protection.ts";

type Ref = ChangedRef<CodePush>;

/** Whether the person may push to a branch of this name; what a collaboration grants counts. */
export function mayPushRef(name: string, ref: Ref): boolean {
  const { push } = ref;
  const { person } = push;
  if (person === null) return false;
  const mayPushAtAll = person.isDeployKey ? person.canReadProject : person.canPushCode || push.collaborationBranches.has(name);
  return mayPush(name, placeOf(ref), person, mayPushAtAll);
}

/**
 * Contract git-access 12.1, for every ref, whatever it is. A deploy key is asked with the full name of the ref, so that
 * of all rules only patterns as wide as `*` can stop it here; the others do in the branch test.
 */
export const pushGuard: Guard<Ref> = {
  code: "push_code",
  step: "Checking if you are allowed to push...",
  judge(ref) {
    const { person } = ref.push;
    if (person === null) return refusals.push_code;
    const passes = person.isDeployKey ? mayPushRef(ref.change.ref, ref) : person.canPushCode || hasGrant(ref);
    return passes ? null : refusals.push_code;
  },
  facts: (ref) => ({
    push_code: ref.push.person?.canPushCode ?? false,
    access_level: ref.push.person?.level ?? null,
    is_admin: ref.push.person?.isAdmin ?? false,
    collaboration: hasGrant(ref),
  }),
};

/** A grant is for branches: nothing else can be merged. */
function hasGrant({ push, name, change }: Ref): boolean {
  return isBranch(change.ref) && push.collaborationBranches.has(name);
}
