import type { ActorReference } from "../../identity/actor.ts";
import type { Guard } from "../guard.ts";
import type { Situation } from "../situation.ts";
import { guardUserState } from "./user-state.ts";

/** Not asked of deploy keys, whoever made them, nor of nobody. */
export const userState: Guard<Situation> = {
  code: "user_state",
  judge({ facts, now }) {
    if (facts.user === null || facts.key?.kind === "deploy") return null;
    return guardUserState(facts.user, facts.instance, now);
  },
  facts: ({ request, facts: { user } }) => ({
    named: describeNamed(request.actor),
    ...(user === null ? { user: null } : { user: user.username, state: user.state, is_admin: user.isAdmin }),
  }),
};

/** Whom the request named, found or not; null: nobody. */
function describeNamed({ keyId, userId, username }: ActorReference): string | null {
  if (keyId !== null) return `key ${keyId}`;
  return userId === null ? username : `user ${userId}`;
}
