import { restrictionOf, restrictionText } from "../../identity/key-restrictions.ts";
import type { AccessFacts } from "../facts.ts";
import { forbid, refusals, type Refusal } from "../refusal.ts";

/** A key of a forbidden type, too short, or expired; user keys and deploy keys alike (contract git-access 5, step 6). */
export function guardKey(facts: AccessFacts, now: Date): Refusal | null {
  const { key } = facts;
  if (key === null) return null;
  const restriction = restrictionOf(key, facts.instance.settings);
  if (restriction !== null) return forbid("key_invalid", `Your SSH key ${restrictionText(restriction)}.`);
  return key.expiresAt !== null && key.expiresAt <= now ? refusals.key_expired : null;
}
