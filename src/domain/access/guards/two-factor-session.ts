import type { Guard } from "../guard.ts";
import { oneTimePasswordRequired } from "../refusal.ts";
import type { Situation } from "../situation.ts";

/**
 * Where the setting `two_factor_for_cli` is on, SSH access by a user with two-factor needs a one-time password that was
 * verified lately, with the same key, or without one where none is used (contract accounts 8.2). Not asked where
 * nobody is named, of deploy keys, or of certificates of a group's authority.
 */
export const twoFactorSession: Guard<Situation> = {
  code: "two_factor_session",
  judge(situation) {
    const { facts, now } = situation;
    if (!isAsked(situation)) return null;
    const verifiedUntil = facts.user?.verifiedUntil ?? null;
    return verifiedUntil !== null && verifiedUntil > now ? null : oneTimePasswordRequired(facts.instance.sshClonePrefix);
  },
  facts: ({ facts: { user, instance } }) => ({
    two_factor_for_cli: instance.settings.two_factor_for_cli,
    is_two_factor_enabled: user?.isTwoFactorEnabled ?? null,
    verified_until: user?.verifiedUntil?.toISOString() ?? null,
  }),
};

function isAsked({ request, facts: { user, key, instance } }: Situation): boolean {
  if (!instance.settings.two_factor_for_cli || request.protocol !== "ssh" || request.hasHappened) return false;
  if (user === null || !user.isTwoFactorEnabled || key?.kind === "deploy") return false;
  // With such a certificate gitlab-shell knows no command that verifies a password: the authority vouches for its holder.
  if (key === null && request.namespacePath !== null) return false;
  // Gitaly's pre-receive hook, which names what is pushed, comes after gitlab-shell has asked. Where a key was used it
  // names that, and is asked again; the user it names otherwise may be one with such a certificate, of which it knows nothing.
  return key !== null || typeof request.changes === "string";
}
