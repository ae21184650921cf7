import { AccessLevel, dayOf, effectiveAccess, type Membership } from "../identity/access-level.ts";
import type { UserState } from "../identity/user-state.ts";
import { isBarred } from "./authorized-key.ts";

/** What is looked at when somebody logs in with an SSH certificate. */
export interface AuthorizedCertificateFacts {
  /** Full path of the group that trusts the authority; null where nobody does. */
  namespacePath: string | null;
  user: { username: string; state: UserState } | null;
  /** The user's, in that group. */
  memberships: Membership[];
}

export type CertificateLogin = { namespace: string; username: string } | "no_certificate" | "no_user" | "barred";

/**
 * Whether a certificate may log in, and as whom in which group (contract accounts 13). Whoever is no member, be it directly,
 * by inheritance or through an invited group, is not told apart from whoever is not there, nor is it said that they are
 * barred.
 */
export function decideCertificateLogin(facts: AuthorizedCertificateFacts, now: Date): CertificateLogin {
  const { namespacePath, user, memberships } = facts;
  if (namespacePath === null) return "no_certificate";
  if (user === null || effectiveAccess(memberships, dayOf(now)).level <= AccessLevel.minimal) return "no_user";
  return isBarred(user) ? "barred" : { namespace: namespacePath, username: user.username };
}
