import type { Guard } from "../guard.ts";
import { beginsWithHash, isLegalRefName } from "../../git/ref-name.ts";
import { emptyRepositoryRefused, refusals, type Refusal } from "../refusal.ts";
import { placeOf, type ChangedRef, type CodePush } from "./changed-ref.ts";
import { describeRules } from "./describe-rules.ts";
import { isMaintainer } from "./person.ts";
import { isProtected, mayMerge } from "./protection.ts";
import { mayPushRef } from "./push-guard.ts";

type Ref = ChangedRef<CodePush>;

const defaultDeletion: Guard<Ref> = {
  code: "branch_default_deletion",
  step: "Checking if default branch is being deleted...",
  judge: ({ push, name, isDeletion }) => (isDeletion && name === push.project.defaultBranch ? refusals.branch_default_deletion : null),
  facts: ({ push }) => ({ default_branch: push.project.defaultBranch }),
};

const hashName: Guard<Ref> = {
  code: "branch_hash_name",
  judge: ({ name, isDeletion }) => (!isDeletion && beginsWithHash(name) ? refusals.branch_hash_name : null),
};

const legalName: Guard<Ref> = {
  code: "branch_name",
  judge: ({ name, isDeletion }) => (isDeletion || isLegalRefName(name) ? null : refusals.branch_name),
};

/** A branch that nothing protects is free to whoever may push at all. */
const protection: Guard<Ref> = {
  code: "branch_protection",
  judge: (ref) => (isProtected(ref.name, placeOf(ref)) ? null : "settled"),
  facts: (ref) => ({
    is_protected: isProtected(ref.name, placeOf(ref)),
    is_repository_empty: placeOf(ref).isRepositoryEmpty,
    default_branch_protection: placeOf(ref).defaultBranchProtection,
    ...describeRules(placeOf(ref).rules.matching(ref.name), "push"),
  }),
};

const forcePush: Guard<Ref> = {
  code: "branch_force_push",
  step: "Checking if you are force pushing to a protected branch...",
  judge({ push, change, name, isCreation, isDeletion }) {
    if (isCreation || isDeletion || change.oldrev === change.newrev) return null;
    if (push.place.rules.matching(name).some((rule) => rule.allowsForcePush)) return null;
    return { name: "force_push", change, judge: (isForced) => (isForced ? refusals.branch_force_push : null) };
  },
  facts: ({ push, name }) => ({ allow_force_push: push.place.rules.matching(name).some((rule) => rule.allowsForcePush) }),
};

/** The first push to an empty repository creates nothing from anything: it is judged like an update. */
function isUpdate(ref: Ref): boolean {
  return placeOf(ref).isRepositoryEmpty || (!ref.isCreation && !ref.isDeletion);
}

/** What is going to happen to the branch is one step, whichever guards it takes. */
function step(ref: Ref): string {
  if (isUpdate(ref)) return "Checking if you are allowed to push to the protected branch...";
  const action = ref.isDeletion ? "delete the" : "create a";
  return `Checking if you are allowed to ${action} protected branch...`;
}

const deletion: Guard<Ref> = {
  code: "branch_delete",
  step,
  judge(ref) {
    if (isUpdate(ref) || !ref.isDeletion) return null;
    if (!isMaintainer(ref.push.person)) return refusals.branch_delete;
    return ref.push.request.protocol === "web" ? "settled" : refusals.branch_delete_web_only;
  },
  facts: ({ push }) => ({ access_level: push.person?.level ?? null, protocol: push.request.protocol }),
};

const creation: Guard<Ref> = {
  code: "branch_create",
  step,
  judge(ref) {
    if (isUpdate(ref) || !ref.isCreation) return null;
    if (mayPushRef(ref.name, ref)) return "settled";
    return mayMergeTo(ref) ? null : refusals.branch_create;
  },
  facts: (ref) => ({
    may_push: mayPushRef(ref.name, ref),
    may_merge: mayMergeTo(ref),
    ...describeRules(placeOf(ref).rules.matching(ref.name), "merge"),
  }),
};

/** Who may only merge begins a protected branch from what is protected already. */
const basis: Guard<Ref> = {
  code: "branch_create_basis",
  step,
  judge(ref) {
    if (isUpdate(ref)) return null;
    const { push, change } = ref;
    if (push.protectedHeads.has(change.newrev)) return null;
    return {
      name: "branch_basis",
      change,
      judge: (branches) => (branches.some((name) => isProtected(name, placeOf(ref))) ? null : refusals.branch_create_basis),
    };
  },
};

const creationOverWeb: Guard<Ref> = {
  code: "branch_create_web_only",
  step,
  judge: (ref) => (isUpdate(ref) || ref.push.request.protocol === "web" ? null : refusals.branch_create_web_only),
  facts: ({ push }) => ({ protocol: push.request.protocol }),
};

const update: Guard<Ref> = {
  code: "branch_push",
  step,
  judge(ref) {
    if (!isUpdate(ref)) return null;
    const mayPushTo = mayPushRef(ref.name, ref);
    if (isMerge(ref)) return mayPushTo || mayMergeTo(ref) ? null : refusals.branch_merge;
    return mayPushTo ? null : pushRefused(ref);
  },
  facts: (ref) => ({
    merge_in_progress: isMerge(ref),
    may_push: mayPushRef(ref.name, ref),
    may_merge: mayMergeTo(ref),
    access_level: ref.push.person?.level ?? null,
    ...describeRules(placeOf(ref).rules.matching(ref.name), "push"),
  }),
};

function isMerge({ push, name, change }: Ref): boolean {
  return push.facts.push.mergesInProgress.some((each) => each.targetBranch === name && each.sha === change.newrev);
}

function mayMergeTo(ref: Ref): boolean {
  const { person } = ref.push;
  return person !== null && mayMerge(ref.name, placeOf(ref), person);
}

function pushRefused(ref: Ref): Refusal {
  const { push } = ref;
  if (!placeOf(ref).isRepositoryEmpty) return refusals.branch_push;
  const { fullPath } = push.project;
  return emptyRepositoryRefused(fullPath, `${push.facts.instance.externalUrl}/${fullPath}`);
}

/** Contract git-access 12.2, in its order. */
export const branchGuards: readonly Guard<Ref>[] = [
  defaultDeletion,
  hashName,
  legalName,
  protection,
  forcePush,
  deletion,
  creation,
  basis,
  creationOverWeb,
  update,
];
