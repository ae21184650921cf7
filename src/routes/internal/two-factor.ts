import * as v from "valibot";
import { unseal } from "../../auth/sealed.ts";
import { loadAccountFacts } from "../../db/facts/account-facts.ts";
import { recordAttempt, type AttemptOutcome } from "../../db/otp-attempts.ts";
import { replaceRecoveryCodes } from "../../db/two-factor.ts";
import { accountOf, parseAccountReference } from "../../domain/accounts/account.ts";
import type { InstanceSettings } from "../../domain/settings.ts";
import {
  attemptsUntilLock,
  decideCheck,
  decideRecoveryCodes,
  lockMilliseconds,
  readAttempt,
  refusals,
  type Attempt,
  type Proof,
  type TwoFactorHolder,
} from "../../domain/two-factor/attempt.ts";
import { matchStep } from "../../domain/two-factor/one-time-password.ts";
import { digestOfRecoveryCode, makeRecoveryCodes } from "../../domain/two-factor/recovery-codes.ts";
import { log } from "../../http/log.ts";
import { operation, type OperationContext } from "../../http/operation.ts";
import { wireId, wireText } from "./fields.ts";
import { touchKey } from "./touch-key.ts";

type ShellContext = OperationContext<"shell">;

const accountFields = { key_id: wireId, user_id: wireId };
const AccountParams = v.object(accountFields);
const AttemptParams = v.object({ ...accountFields, otp_attempt: wireText });

const Refused = v.object({ success: v.literal(false), message: v.string() });
const Accepted = v.object({ success: v.literal(true) });
const Codes = v.object({ success: v.literal(true), recovery_codes: v.array(v.string()) });
const Requirement = v.object({ success: v.literal(true), two_factor_required: v.boolean() });

const declared = { caller: "shell", tags: ["gitlab-shell"] } as const;
const refused = (message: string): v.InferOutput<typeof Refused> => ({ success: false, message });

const recoveryCodes = {
  ...declared,
  path: "/internal/two_factor_recovery_codes",
  params: AccountParams,
  answers: { 200: { description: "Ten codes, shown this once, or why there are none", schema: v.union([Codes, Refused]) } },
  async handle(c: ShellContext, params: v.InferOutput<typeof AccountParams>) {
    c.header("Cache-Control", "no-store");
    const { account, facts } = await loadAccount(c, params);
    const holder = decideRecoveryCodes(account, facts.twoFactor, facts.settings, c.var.now);
    if ("refused" in holder) return c.json(refused(holder.refused));
    // A HEAD is answered as a GET without its body: codes that nobody sees must not void those that somebody keeps.
    if (c.req.method === "HEAD") return c.json({ success: true, recovery_codes: [] });
    const made = await makeRecoveryCodes();
    const isReplaced = await replaceRecoveryCodes(c.var.db, holder.user.id, made, c.var.now);
    return c.json(isReplaced ? { success: true, recovery_codes: made.codes } : refused(refusals.off));
  },
};

/** POST /internal/two_factor_recovery_codes: ten new codes in place of all that were (contract accounts 7, decision 3). */
export const makeCodes = operation({
  ...recoveryCodes,
  method: "POST",
  summary: "Make new two-factor recovery codes",
});

/** GET of the same, since the base document's heading names that verb: it makes new codes too. */
export const makeCodesByGet = operation({
  ...recoveryCodes,
  method: "GET",
  summary: "Make new two-factor recovery codes, as POST does",
});

/** POST /internal/two_factor_config: whether Git over SSH may ask for a second factor; not with a deploy key (contract accounts 8.1). */
export const showConfig = operation({
  ...declared,
  method: "POST",
  path: "/internal/two_factor_config",
  summary: "Whether an account has a second factor",
  params: AccountParams,
  answers: { 200: { description: "Whether it has, or why that cannot be said", schema: v.union([Requirement, Refused]) } },
  async handle(c, params) {
    const { account } = await loadAccount(c, params);
    if ("refused" in account) return c.json(refused(account.refused));
    return c.json({ success: true, two_factor_required: account.kind === "person" && account.user.isTwoFactorEnabled });
  },
});

const check = {
  ...declared,
  method: "POST",
  params: AttemptParams,
  answers: { 200: { description: "Whether the code was accepted", schema: v.union([Accepted, Refused]) } },
  handle: checkAttempt,
} as const;

/** POST /internal/two_factor_manual_otp_check: a one-time password or a recovery code opens a session (contract accounts 8.2). */
export const checkManually = operation({
  ...check,
  path: "/internal/two_factor_manual_otp_check",
  summary: "Check a one-time password",
});

/** POST /internal/two_factor_otp_check: the same by its earlier name. */
export const checkByEarlierName = operation({
  ...check,
  path: "/internal/two_factor_otp_check",
  summary: "Check a one-time password, by the call's earlier name",
});

/** POST /internal/two_factor_push_otp_check: refused for every input, since nobody here is asked by push (contract accounts 8.2, step 0). */
export const checkByPush = operation({
  ...declared,
  method: "POST",
  path: "/internal/two_factor_push_otp_check",
  summary: "Ask a user's device for the second factor: not available",
  params: AccountParams,
  answers: { 200: { description: "Always refused", schema: Refused } },
  async handle(c, params) {
    await loadAccount(c, params);
    return c.json(refused("Feature is not available"));
  },
});

export const twoFactor = [makeCodes, makeCodesByGet, showConfig, checkManually, checkByEarlierName, checkByPush];

/** The key counts as used whatever the answer will be. */
async function loadAccount(c: ShellContext, params: v.InferOutput<typeof AccountParams>) {
  const reference = parseAccountReference(params);
  const facts = await loadAccountFacts(c.var.db, reference);
  touchKey(c, facts.key);
  return { facts, account: accountOf(reference, facts) };
}

async function checkAttempt(c: ShellContext, params: v.InferOutput<typeof AttemptParams>): Promise<Response> {
  const { facts, account } = await loadAccount(c, params);
  const holder = decideCheck(account, facts.twoFactor, c.var.now);
  if ("refused" in holder) return c.json(refused(holder.refused));
  const attempt = readAttempt(params.otp_attempt ?? "");
  const proof = attempt === null ? null : await prove(c, holder, attempt);
  if (proof === null) return c.json(refused(refusals.wrong));
  return c.json(answerTo(await record(c, holder, proof, facts.settings)));
}

/** Null where the attempt cannot be judged, which is not the user's fault: their seed was sealed with a key that is gone. */
async function prove(c: ShellContext, holder: TwoFactorHolder, attempt: Attempt): Promise<Proof | null> {
  const { sealed, recoverySalt, lastUsedStep } = holder.twoFactor;
  if (attempt.kind === "recovery_code") return { by: "recovery_code", digest: await digestOfRecoveryCode(attempt.text, recoverySalt) };
  if (attempt.kind === "other") return { by: "nothing" };
  const seed = await unseal(c.var.config.encryptionKeys, sealed);
  if (typeof seed !== "string") {
    log.error("two-factor:seed-unreadable", { user_id: holder.user.id });
    return null;
  }
  const step = await matchStep(seed, attempt.text, c.var.now, lastUsedStep);
  return step === null ? { by: "nothing" } : { by: "password", step, sealed };
}

async function record(c: ShellContext, { user, key }: TwoFactorHolder, proof: Proof, settings: InstanceSettings): Promise<AttemptOutcome> {
  const { db, now } = c.var;
  const later = (milliseconds: number) => new Date(now.getTime() + milliseconds);
  const outcome = await recordAttempt(db, {
    userId: user.id,
    keyId: key?.id ?? 0,
    proof,
    now,
    sessionUntil: later(settings.git_two_factor_session_expiry * 60_000),
    attemptsUntilLock,
    lockedUntil: later(lockMilliseconds),
  });
  if (outcome === "locking") log.warn("two-factor:locked", { request_id: c.var.requestId, user_id: user.id });
  return outcome;
}

function answerTo(outcome: AttemptOutcome) {
  switch (outcome) {
    case "accepted":
      return { success: true } as const;
    case "wrong":
    case "locking":
      return refused(refusals.wrong);
    case "locked":
      return refused(refusals.locked);
    case "off":
      return refused(refusals.off);
  }
}
