import type { UserState } from "./user-state.ts";

/**
 * What blocking or unblocking a user comes to: refused with a text, nothing to do, or a change from these states
 * (contract provisioning 5.1).
 */
export type StateChange = { refused: string } | "nothing_to_do" | { from: readonly UserState[]; to: UserState };

const barredStates: readonly UserState[] = ["blocked", "blocked_pending_approval", "banned"];

export function decideBlock(state: UserState, isCaller: boolean): StateChange {
  if (isCaller) return { refused: "The API initiating user cannot be blocked by the API" };
  if (state === "ldap_blocked") return { refused: "LDAP blocked users cannot be modified by the API" };
  if (barredStates.includes(state)) return "nothing_to_do";
  return { from: ["active", "deactivated"], to: "blocked" };
}

/** A ban is lifted by unban, not by this. */
export function decideUnblock(state: UserState): StateChange {
  if (state === "ldap_blocked") return { refused: "LDAP blocked users cannot be unblocked by the API" };
  if (state === "deactivated") return { refused: "Deactivated users cannot be unblocked by the API" };
  if (state === "active" || state === "banned") return "nothing_to_do";
  return { from: ["blocked", "blocked_pending_approval"], to: "active" };
}
