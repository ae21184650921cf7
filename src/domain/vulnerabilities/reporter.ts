import { AccessLevel, dayOf, effectiveAccess, type Membership } from "../identity/access-level.ts";
import type { UserState } from "../identity/user-state.ts";

/** The creator of an agent, in whose name it reports, before the agent's project. */
export interface Reporter {
  user: { id: number; state: UserState; isAdmin: boolean };
  /** Whether the project lies in their personal namespace. */
  isNamespaceOwner: boolean;
  memberships: readonly Membership[];
}

/**
 * Whether an agent may report what it finds: whoever made it has to be there, not blocked, and may administer the
 * vulnerabilities of the project, as maintainers may (contract kas 7.2). What an agent may do ends with its creator's role.
 */
export function mayReport(reporter: Reporter | null, now: Date): reporter is Reporter {
  if (reporter === null || reporter.user.state !== "active") return false;
  if (reporter.user.isAdmin || reporter.isNamespaceOwner) return true;
  return effectiveAccess(reporter.memberships, dayOf(now)).level >= AccessLevel.maintainer;
}
