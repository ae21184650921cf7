import { restrictionOf, restrictionText } from "../../identity/key-restrictions.ts";
import type { AccessFacts } from "../facts.ts";
import type { Guard } from "../guard.ts";
import { forbid, refusals, type Refusal } from "../refusal.ts";
import type { Situation } from "../situation.ts";

/** A key of a forbidden type, too short, or expired; user keys and deploy keys alike (contract git-access 5, step 6). */
export const key: Guard<Situation> = {
  code: "key",
  judge: ({ facts, now }) => (facts.key === null ? null : judgeKey(facts.key, facts.instance, now)),
  facts: ({ facts: { key: used } }) =>
    used === null
      ? { key: null }
      : { id: used.id, kind: used.kind, type: used.keyType, bits: used.bits, expires_at: used.expiresAt?.toISOString() ?? null },
};

function judgeKey(used: NonNullable<AccessFacts["key"]>, { settings }: AccessFacts["instance"], now: Date): Refusal | null {
  const restriction = restrictionOf(used, settings);
  if (restriction !== null) return forbid("key_invalid", `Your SSH key ${restrictionText(restriction)}.`);
  return used.expiresAt !== null && used.expiresAt <= now ? refusals.key_expired : null;
}

/** Contract git-access 14.2: snippets know only people. */
export const noDeployKey: Guard<Situation> = {
  code: "snippet_authentication_mechanism",
  judge: ({ facts }) => (facts.key?.kind === "deploy" ? refusals.snippet_authentication : null),
};
