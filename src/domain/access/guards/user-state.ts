import { isLockedAt } from "../../identity/account-lock.ts";
import type { UserFacts } from "../facts.ts";
import type { InstanceSettings } from "../../settings.ts";
import { forbid, type Refusal } from "../refusal.ts";

/** Account types that may use Git: people and the bots that act for them. */
const mayUseGit = new Set(["human", "project_bot", "service_user", "service_account", "security_bot"]);

type StatedUser = Pick<
  UserFacts,
  "username" | "state" | "userType" | "isConfirmed" | "isLocked" | "lockedUntil" | "hasAcceptedTerms" | "passwordExpiresAt"
>;

const blockedText = "Your account has been blocked.";

/**
 * Whether the user may use Git at all; the first row that holds says why not (contract git-access 8). Bots have no
 * password that could expire, and no terms to accept.
 */
export function guardUserState(
  user: StatedUser,
  instance: { settings: Pick<InstanceSettings, "enforce_terms">; externalUrl: string },
  now: Date,
): Refusal | null {
  const isHuman = user.userType === "human";
  const rows: [boolean, string, string][] = [
    [!mayUseGit.has(user.userType), "internal", "This action cannot be performed by internal users"],
    [
      user.state === "blocked_pending_approval",
      "pending_approval",
      "Your account is pending approval from your administrator and hence blocked.",
    ],
    [
      isHuman && instance.settings.enforce_terms && !user.hasAcceptedTerms,
      "terms_not_accepted",
      `You (@${user.username}) must accept the Terms of Service in order to perform this action. To accept these terms, please access GitLab from a web browser at ${instance.externalUrl}.`,
    ],
    [
      user.state === "deactivated",
      "deactivated",
      `Your account has been deactivated by your administrator. Please log back in from a web browser to reactivate your account at ${instance.externalUrl}`,
    ],
    [
      !user.isConfirmed,
      "unconfirmed",
      `Your primary email address is not confirmed. Please check your inbox for the confirmation instructions. In case the link is expired, you can request a new confirmation email at ${instance.externalUrl}/users/confirmation/new`,
    ],
    [user.state !== "active", "blocked", blockedText],
    [
      isHuman && user.passwordExpiresAt !== null && user.passwordExpiresAt <= now,
      "password_expired",
      "Your password expired. Please access GitLab from a web browser to update your password.",
    ],
    [isLockedAt(user, now), "blocked", blockedText],
  ];
  const row = rows.find(([holds]) => holds);
  return row === undefined ? null : forbid(row[1], row[2]);
}

/** The same but for the terms, where they are accepted elsewhere. */
export function guardUserStateButTerms(user: Omit<StatedUser, "hasAcceptedTerms">, externalUrl: string, now: Date): Refusal | null {
  return guardUserState({ ...user, hasAcceptedTerms: true }, { settings: { enforce_terms: false }, externalUrl }, now);
}
