import * as v from "valibot";
import { instanceKeys } from "../../auth/instance-key.ts";
import { isForeignKeyViolation } from "../../db/constraint.ts";
import { loadAccountFacts } from "../../db/facts/account-facts.ts";
import { createTokenOnce } from "../../db/tokens.ts";
import { notFoundText, parseAccountReference, type AccountReference } from "../../domain/accounts/account.ts";
import { dayOf } from "../../domain/identity/access-level.ts";
import { tokenLength } from "../../domain/tokens/limits.ts";
import { decideTokenOverSsh, type AskedToken, type TokenToMake } from "../../domain/tokens/over-ssh.ts";
import { deriveToken, digestOfToken, makeToken } from "../../domain/tokens/secret.ts";
import { list, text } from "../../http/fields.ts";
import { log } from "../../http/log.ts";
import { operation, type OperationContext } from "../../http/operation.ts";
import { wireId } from "./fields.ts";
import { touchKey } from "./touch-key.ts";

/** Any scalar as its text; null is blank. */
const scalarText = v.pipe(
  v.nullable(v.union([v.string(), v.number(), v.boolean()])),
  v.transform((value) => String(value ?? "")),
);

/** A list, a hash of numbers, or one element that stands alone; blank ones are dropped. */
const scopeList = v.pipe(
  v.pipe(
    v.unknown(),
    v.transform((value) => (typeof value === "object" ? (value ?? []) : [value])),
    list(scalarText),
  ),
  v.transform((scopes) => scopes.filter((scope) => scope !== "")),
);

const Params = v.object({
  key_id: wireId,
  user_id: wireId,
  name: v.nullish(text()),
  scopes: v.optional(scopeList, []),
  expires_at: v.nullish(v.union([v.string(), v.number(), v.boolean()])),
});

const Answer = v.variant("success", [
  v.object({
    success: v.literal(true),
    token: v.string(),
    scopes: v.array(v.string()),
    /** A day, `YYYY-MM-DD`, from whose beginning the token is dead; null: never. */
    expires_at: v.nullable(v.string()),
  }),
  v.object({ success: v.literal(false), message: v.string() }),
]);
type Answer = v.InferOutput<typeof Answer>;

/**
 * POST /internal/personal_access_token
 *
 * Called by gitlab-shell for `personal_access_token <name> <scopes> [days]`. Always 200; a refusal is a sentence
 * (contract accounts 9). A request that is sent again with the same JWT gets the token that it got before: gitlab-shell
 * repeats what was not answered, and nobody would know of the first one. With the shared secret every call makes another.
 */
export const makePersonalAccessToken = operation({
  method: "POST",
  path: "/internal/personal_access_token",
  summary: "Make a personal access token for the owner of a key",
  tags: ["gitlab-shell"],
  caller: "shell",
  params: Params,
  answers: { 200: { description: "The token, or why there is none", schema: Answer } },
  async handle(c, params) {
    const asked: AskedToken = {
      account: parseAccountReference(params),
      name: params.name ?? "",
      scopes: params.scopes,
      expiresAt: params.expires_at ?? null,
    };
    const facts = await loadAccountFacts(c.var.db, asked.account);
    touchKey(c, facts.key);
    const decision = decideTokenOverSsh(asked, facts, dayOf(c.var.now));
    c.header("Cache-Control", "no-store");
    if ("refused" in decision) return c.json({ success: false, message: decision.refused });
    const secret = secretOf(c, asked, facts.settings.personal_access_token_prefix);
    return c.json(await carryOut(c, asked.account, decision.token, secret));
  },
});

/** The token's text: random, or that of the request where a JWT tells one request from another. */
function secretOf(c: OperationContext<"shell">, asked: AskedToken, prefix: string): string {
  if (c.var.caller.by === "secret") return makeToken(prefix, tokenLength);
  const jwt = (c.req.header("Gitlab-Shell-Api-Request") ?? "").trim();
  const { account, name, scopes, expiresAt } = asked;
  const [key] = instanceKeys(c.var.config.encryptionKeys, "access-tokens");
  return deriveToken(prefix, tokenLength, key, [jwt, account.by, account.id, name, scopes, expiresAt]);
}

/** Where the owner was deleted meanwhile, the answer is that of a call that comes later. */
async function carryOut(c: OperationContext<"shell">, account: AccountReference, token: TokenToMake, secret: string): Promise<Answer> {
  const made = await store(c, token, secret);
  if (made === null) return { success: false, message: notFoundText(account) };
  const { row, isNew } = made;
  const { userId, id } = row;
  if (isNew) log.info("personal-access-token:created", { request_id: c.var.requestId, creator_id: userId, user_id: userId, token_id: id });
  return { success: true, token: secret, scopes: row.scopes, expires_at: row.expiresAt };
}

/** Null where the owner was deleted between the look-up and this. */
async function store(c: OperationContext<"shell">, token: TokenToMake, secret: string) {
  try {
    return await createTokenOnce(c.var.db, { ...token, digest: digestOfToken(secret), createdAt: c.var.now });
  } catch (error) {
    if (isForeignKeyViolation(error)) return null;
    throw error;
  }
}
