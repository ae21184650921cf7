import { dayMilliseconds } from "../day.ts";
import type { InstanceSettings } from "../settings.ts";

/** Days that a token lives at most where the instance sets no other limit. */
const standardLifetime = 365;
/** So that a limit of any size still gives a day that a calendar has. */
const longestLifetime = 1_000_000;

/** The day (`YYYY-MM-DD`) that is so many days after another. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + Math.min(days, longestLifetime) * dayMilliseconds).toISOString().slice(0, 10);
}

/** What of the instance's settings says how long tokens live. */
export type ExpirySettings = Pick<InstanceSettings, "max_personal_access_token_lifetime" | "require_personal_access_token_expiry">;

/** The day (`YYYY-MM-DD`) from whose beginning a token is dead, null for never; or the sentence that says why it may not be that. */
export type TokenExpiry = { expiresAt: string | null } | { refused: string };

/**
 * When a new personal access token dies, `asked` being what its maker wants and null where they say nothing. The sentence of
 * a refusal names the day after the last one that the instance allows. A day that is past is allowed: the token is dead at
 * once (contract accounts 9, provisioning 6.4).
 */
export function decideTokenExpiry(asked: string | null, settings: ExpirySettings, today: string): TokenExpiry {
  const isRequired = settings.require_personal_access_token_expiry;
  const limit = settings.max_personal_access_token_lifetime;
  const maximum = limit === null || limit === 0 ? (isRequired ? standardLifetime : null) : limit;
  if (asked === null) return { expiresAt: isRequired && maximum !== null ? dayAfter(today, maximum) : null };
  if (maximum !== null && asked > dayAfter(today, maximum)) {
    return { refused: `Expiration date must be before ${dayAfter(today, maximum + 1)}` };
  }
  return { expiresAt: asked };
}

/** Days that a token lives which takes the place of another, where nobody says how long. */
const rotatedLifetime = 7;

/**
 * When a token dies that takes the place of another: as any new one, but that it lives a week, or as long as the instance
 * allows if that is less, where an expiry is required and none is asked for (contract provisioning 6.4).
 */
export function decideRotatedExpiry(asked: string | null, settings: ExpirySettings, today: string): TokenExpiry {
  const decided = decideTokenExpiry(asked, settings, today);
  if (asked !== null || !("expiresAt" in decided) || decided.expiresAt === null) return decided;
  const week = dayAfter(today, rotatedLifetime);
  return { expiresAt: week < decided.expiresAt ? week : decided.expiresAt };
}
