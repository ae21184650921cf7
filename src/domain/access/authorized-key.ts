import { ghost } from "../identity/actor.ts";
import type { KeyUsage } from "../identity/ssh-key.ts";
import type { UserState } from "../identity/user-state.ts";

export interface AuthorizedKeyFacts {
  id: number;
  kind: "user" | "deploy";
  title: string;
  algorithm: string;
  blob: string;
  usage: KeyUsage;
  expiresAt: Date | null;
  createdAt: Date;
  user: { name: string; state: UserState } | null;
}

const barred: ReadonlySet<UserState> = new Set<UserState>(["blocked", "ldap_blocked", "blocked_pending_approval", "banned"]);

/** Whether nobody logs in as this user, whatever they show (contract accounts 4). */
export function isBarred(user: { state: UserState }): boolean {
  return barred.has(user.state);
}

/**
 * Whether a key may log in (contract accounts 4), and whose name stands behind it. What only signs, has expired or
 * belongs to nobody is not found; a barred owner is refused, also of a deploy key.
 */
export function decideLogin(key: AuthorizedKeyFacts | null, now: Date): { ownerName: string } | "not_found" | "barred" {
  if (key === null || key.usage === "signing") return "not_found";
  if (key.expiresAt !== null && key.expiresAt <= now) return "not_found";
  if (key.user === null) return key.kind === "deploy" ? { ownerName: ghost.name } : "not_found";
  return isBarred(key.user) ? "barred" : { ownerName: key.user.name };
}
