import * as v from "valibot";
import { instanceKeys } from "../../auth/instance-key.ts";
import { verifyLfsToken } from "../../auth/lfs-token.ts";
import { loadLfsTokenFacts } from "../../db/facts/lfs-facts.ts";
import { formatGlRepository } from "../../domain/identity/gl-repository.ts";
import { acceptLfsClaims, type LfsClaims } from "../../domain/lfs/claims.ts";
import type { LfsContainer } from "../../domain/lfs/container.ts";
import { holderActor, holderSecret, parsePresentedName, presentedHolder, type LfsHolder } from "../../domain/lfs/holder.ts";
import { parseNamedRepository } from "../../domain/lfs/named-repository.ts";
import type { AppContext } from "../../http/context.ts";
import { operation } from "../../http/operation.ts";

const Verdict = v.variant("valid", [
  v.object({
    valid: v.literal(true),
    /** `user-29`, or `key-21` of a deploy key. */
    actor: v.string(),
    /** The repository that the token is for; null: any. */
    gl_repository: v.nullable(v.string()),
  }),
  v.object({ valid: v.literal(false) }),
]);

/** Anything but text is the same as missing. */
const credential = v.string("is missing");

const Params = v.object({
  username: credential,
  token: credential,
  /** The repository that the token has to be for, by path or `gl_repository`. */
  project: v.optional(v.unknown()),
  gl_repository: v.optional(v.unknown()),
});
type Params = v.InferOutput<typeof Params>;

/**
 * POST /internal/lfs/verify_token
 *
 * Called by whoever serves LFS objects, with the name and password that Git LFS sent: says whose token it is and for
 * which repository, not what they may do there. Always 200, and nothing about why a token is no good (contract accounts
 * 10.2).
 */
export const lfsVerifyToken = operation({
  method: "POST",
  path: "/internal/lfs/verify_token",
  summary: "Whose LFS token this is",
  tags: ["lfs"],
  caller: "shell",
  params: Params,
  answers: { 200: { description: "Whose token, or that it is none", schema: Verdict } },
  async handle(c, params) {
    c.header("Cache-Control", "no-store");
    const proved = await prove(c, params);
    if (proved === null) return c.json({ valid: false });
    const { holder, container } = proved;
    return c.json({
      valid: true,
      actor: holderActor(holder),
      gl_repository: container === null ? null : formatGlRepository(container),
    });
  },
});

/** Null for any reason that there is. */
async function prove(c: AppContext, params: Params): Promise<{ holder: LfsHolder; container: LfsContainer | null } | null> {
  const { db, now } = c.var;
  const presented = parsePresentedName(params.username);
  const named = parseNamedRepository(params);
  if (presented === null || named === "unknown") return null;
  const facts = await loadLfsTokenFacts(db, presented, named);
  const holder = presentedHolder(params.username, facts, now);
  if (holder === null || (named !== null && facts.target === null)) return null;
  const claims = await verifyFor(c, holder, params.token);
  const accepted = claims === null ? null : acceptLfsClaims(claims, holder, facts.target);
  return accepted === null ? null : { holder, container: accepted.container };
}

/** Signed with today's key, or with the one before while that is being replaced. */
function verifyFor(c: AppContext, holder: LfsHolder, token: string): Promise<LfsClaims | null> {
  const keys = instanceKeys(c.var.config.encryptionKeys, "lfs-tokens");
  return verifyLfsToken(
    token,
    keys.map((key) => holderSecret(holder, key)),
    c.var.now,
  );
}
