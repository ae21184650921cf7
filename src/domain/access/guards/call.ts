import type { Guard } from "../guard.ts";
import { refusals, scopedUserNotFound } from "../refusal.ts";
import type { Situation } from "../situation.ts";

/** A call that its client context narrows down to one user is that user's (contract git-access 2.1). */
export const scopedUser: Guard<Situation> = {
  code: "scoped_user",
  judge({ request: { scopedUser: named }, facts }) {
    return named === null || (named.id !== null && named.id === facts.user?.id) ? null : scopedUserNotFound(named.text);
  },
};

export const operationLimit: Guard<Situation> = {
  code: "operation_limit",
  judge: ({ facts }) => (facts.isOverOperationLimit ? refusals.operation_limit : null),
  facts: ({ facts }) => ({ gitlab_shell_operation_limit: facts.instance.settings.gitlab_shell_operation_limit }),
};
