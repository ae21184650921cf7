import * as v from "valibot";
import { seal } from "../../auth/sealed.ts";
import { isForeignKeyViolation, isUniqueViolation } from "../../db/constraint.ts";
import { disableTwoFactor, enableTwoFactor } from "../../db/two-factor.ts";
import { badRequest, forbidden, notFound } from "../../domain/fault.ts";
import { makeRecoveryCodes, type RecoveryCodes } from "../../domain/two-factor/recovery-codes.ts";
import { makeSeed, parseSeed, provisioningUri, type Seed } from "../../domain/two-factor/seed.ts";
import { externalUrl } from "../../http/context.ts";
import { optional, text } from "../../http/fields.ts";
import { operation, type OperationContext } from "../../http/operation.ts";
import { findRecord } from "./find.ts";

const declared = { tags: ["provisioning"], caller: "user", requires: "admin", faults: [404] } as const;

/** Blank is not given. */
const seedText = v.pipe(
  text(),
  v.rawTransform(({ dataset, addIssue, NEVER }): Seed | undefined => {
    if (dataset.value.trim() === "") return undefined;
    const seed = parseSeed(dataset.value);
    if (seed !== null) return seed;
    addIssue({ message: "is invalid" });
    return NEVER;
  }),
);

const EnabledTwoFactor = v.object({
  two_factor_enabled: v.literal(true),
  /** Base32. */
  otp_secret: v.string(),
  otp_provisioning_uri: v.string(),
  recovery_codes: v.array(v.string()),
});

const alreadyEnabled = () => badRequest("Two-factor authentication is already enabled for this user");
const notEnabled = () => badRequest("Two-factor authentication is not enabled for this user");

/**
 * POST /users/:id/enable_two_factor, for administrators: a second factor, whose seed and recovery codes are shown this once
 * (contract provisioning 12).
 */
export const enableUserTwoFactor = operation({
  ...declared,
  method: "POST",
  path: "/users/:id/enable_two_factor",
  summary: "Give a user a second factor",
  params: v.object({ id: text(), otp_secret: optional(seedText) }),
  answers: { 201: { description: "The seed, and ten recovery codes", schema: EnabledTwoFactor } },
  async handle(c, params) {
    const { user } = await findRecord(c.var.db, params.id);
    if (user.isTwoFactorEnabled) throw alreadyEnabled();
    const seed = params.otp_secret ?? (await makeSeed());
    const made = await makeRecoveryCodes();
    await store(c, user.id, seed, made);
    c.header("Cache-Control", "no-store");
    return c.json(
      {
        two_factor_enabled: true,
        otp_secret: seed,
        otp_provisioning_uri: provisioningUri(seed, new URL(externalUrl(c)).hostname, user.email),
        recovery_codes: made.codes,
      },
      201,
    );
  },
});

async function store(c: OperationContext<"user">, userId: number, seed: Seed, codes: RecoveryCodes): Promise<void> {
  const { db, config, now } = c.var;
  const sealed = await seal(config.encryptionKeys, seed);
  try {
    await enableTwoFactor(db, userId, sealed, codes, now);
  } catch (error) {
    if (isUniqueViolation(error, "two_factors.user_id")) throw alreadyEnabled();
    throw isForeignKeyViolation(error) ? notFound("User") : error;
  }
}

/**
 * PATCH /users/:id/disable_two_factor, for administrators: the seed, the recovery codes, the sessions and a lock go (contract
 * provisioning 5.1, 12).
 */
export const disableUserTwoFactor = operation({
  ...declared,
  method: "PATCH",
  path: "/users/:id/disable_two_factor",
  summary: "Take a user's second factor away",
  params: v.object({ id: text() }),
  answers: { 204: { description: "Taken away" } },
  async handle(c, params) {
    const { db, now } = c.var;
    const { user } = await findRecord(db, params.id);
    if (user.isAdmin) {
      throw forbidden("Two-factor authentication for admins cannot be disabled via the API. Use the Rails console");
    }
    if (!user.isTwoFactorEnabled || !(await disableTwoFactor(db, user.id, now))) throw notEnabled();
    return c.body(null, 204);
  },
});
