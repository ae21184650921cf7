import type { Guard } from "../guard.ts";
import { beginsWithHash, isCleanText, isLegalRefName } from "../../git/ref-name.ts";
import { refusals } from "../refusal.ts";
import type { ChangedRef, CodePush } from "./changed-ref.ts";
import { describeRules } from "./describe-rules.ts";
import { isMaintainer } from "./person.ts";
import { isAdmitted } from "./protection.ts";

type Ref = ChangedRef<CodePush>;

const nameStep = "Checking if you are providing a valid tag name...";
const protectionStep = "Checking if you are creating, updating or deleting a protected tag...";

const change: Guard<Ref> = {
  code: "tag_change",
  step: "Checking if you are allowed to change existing tags...",
  judge: (ref) => (exists(ref) && !(ref.push.person?.canPushCode ?? false) ? refusals.tag_change : null),
  facts: (ref) => ({ exists: exists(ref), admin_tag: ref.push.person?.canPushCode ?? false }),
};

/** Git itself refuses to create what is there; a stored fact may still know better than the line that was sent. */
function exists({ push, change: { ref }, isCreation }: Ref): boolean {
  return !isCreation || push.storedRefs.has(ref);
}

const defaultBranchName: Guard<Ref> = {
  code: "tag_default_branch",
  step: nameStep,
  judge: ({ push, name, isCreation }) => (isCreation && name === push.project.defaultBranch ? refusals.tag_default_branch : null),
  facts: ({ push }) => ({ default_branch: push.project.defaultBranch }),
};

const encoding: Guard<Ref> = {
  code: "tag_encoding",
  step: nameStep,
  judge: ({ name, isDeletion }) => (isDeletion || isCleanText(name) ? null : refusals.tag_encoding),
};

const legalName: Guard<Ref> = {
  code: "tag_name",
  step: nameStep,
  judge: ({ name, isDeletion }) => (isDeletion || (isLegalRefName(name) && !name.startsWith("refs/tags/")) ? null : refusals.tag_name),
};

const hashName: Guard<Ref> = {
  code: "tag_hash_name",
  step: nameStep,
  judge: ({ name, isDeletion }) => (!isDeletion && beginsWithHash(name) ? refusals.tag_hash_name : null),
};

const protection: Guard<Ref> = {
  code: "tag_protection",
  step: protectionStep,
  judge: ({ push, name }) => (push.tagRules.matching(name).length === 0 ? "settled" : null),
  facts: ({ push, name }) => ({ ...describeRules(push.tagRules.matching(name), "create") }),
};

const update: Guard<Ref> = {
  code: "tag_protected_update",
  step: protectionStep,
  judge: ({ isCreation, isDeletion }) => (isCreation || isDeletion ? null : refusals.tag_protected_update),
};

const deletion: Guard<Ref> = {
  code: "tag_protected_delete",
  step: protectionStep,
  judge({ push: { person, request }, isDeletion }) {
    if (!isDeletion) return null;
    if (!isMaintainer(person)) return refusals.tag_protected_delete;
    return request.protocol === "web" ? null : refusals.tag_protected_delete_web_only;
  },
  facts: ({ push }) => ({ access_level: push.person?.level ?? null, protocol: push.request.protocol }),
};

const creation: Guard<Ref> = {
  code: "tag_protected_create",
  step: protectionStep,
  judge({ push: { person, place, tagRules }, name }) {
    const isAllowed = person !== null && isAdmitted(tagRules.matching(name), "create", person, place.today);
    return isAllowed ? null : refusals.tag_protected_create;
  },
  facts: ({ push, name }) => ({
    access_level: push.person?.level ?? null,
    ...describeRules(push.tagRules.matching(name), "create"),
  }),
};

/** Contract git-access 12.4, in its order. */
export const tagGuards: readonly Guard<Ref>[] = [
  change,
  defaultBranchName,
  encoding,
  legalName,
  hashName,
  protection,
  update,
  deletion,
  creation,
];
