import { loadToken, recordDeploymentToken, recordTokenUse, revokeFamily, type PersonalAccessTokenRow } from "../db/tokens.ts";
import type { UserRow } from "../db/users.ts";
import type { Db } from "../db/client.ts";
import { Fault, forbidden, unauthenticated } from "../domain/fault.ts";
import { guardUserStateButTerms } from "../domain/access/guards/user-state.ts";
import { dayOf } from "../domain/identity/access-level.ts";
import { readSettings, type InstanceSettings } from "../domain/settings.ts";
import { refuseDeadToken } from "../domain/tokens/dead.ts";
import { digestOfToken } from "../domain/tokens/secret.ts";
import { log } from "../http/log.ts";
import { secretsEqual } from "./constant-time.ts";

/** Somebody who showed a personal access token that is good. */
export interface UserCaller {
  kind: "user";
  user: UserRow;
  token: PersonalAccessTokenRow;
  settings: InstanceSettings;
  /** Acts as an administrator: is one, and the token carries `admin_mode` where the instance asks for it. */
  isAdmin: boolean;
}

const deploymentScopes = ["api", "sudo", "admin_mode"];
const tokenUseInterval = 10 * 60 * 1000;

/**
 * Where the token is read; the first place that holds one decides alone (contract accounts 12). The header `TOKEN` is the
 * customers' portal's, and of its calls alone.
 */
export function readPresentedToken(
  headers: Headers,
  params: Record<string, unknown>,
  { fromTokenHeader } = { fromTokenHeader: false },
): string | null {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(headers.get("Authorization") ?? "")?.[1];
  const candidates = [
    headers.get("PRIVATE-TOKEN"),
    params["private_token"],
    fromTokenHeader ? headers.get("TOKEN") : null,
    bearer,
    params["access_token"],
  ];
  const token = candidates.find((candidate) => candidate !== null && candidate !== undefined && candidate !== "");
  if (token === undefined) return null;
  return typeof token === "string" ? token : "not a token";
}

/**
 * The caller behind a token. Throws the fault that GitLab's clients expect: unknown 401, expired and revoked 401 with
 * their own texts, a blocked owner 403.
 */
export async function verifyPersonalAccessToken(
  token: string,
  context: {
    db: Db;
    rootToken: string;
    externalUrl: string;
    now: Date;
    endsReusedFamily: boolean;
    later: (write: (db: Db) => Promise<void>) => void;
  },
): Promise<UserCaller> {
  const { db, now } = context;
  const digest = digestOfToken(token);
  const isDeploymentToken = secretsEqual(token, context.rootToken);
  let found = await loadToken(db, digest);
  if (found === null && isDeploymentToken) {
    await recordDeploymentToken(db, digest, deploymentScopes, now);
    found = await loadToken(db, digest);
  }
  if (found === null || (found.token.isFromDeployment && !isDeploymentToken)) throw unauthenticated("token_unknown");
  if (found.token.revokedAt !== null && context.endsReusedFamily) await endFamily(db, found.token, now);
  refuseDeadToken(found.token, dayOf(now));
  // Wrong one-time passwords for the first administrator's account leave the deployment's own token alone: it is the way back in.
  refuseBarredUser(isDeploymentToken ? { ...found.user, lockedUntil: null } : found.user, context);
  if (found.token.lastUsedAt === null || now.getTime() - found.token.lastUsedAt.getTime() > tokenUseInterval) {
    const { id } = found.token;
    context.later((later) => recordTokenUse(later, id, now));
  }
  const instanceSettings = readSettings(found.settings);
  return {
    kind: "user",
    user: found.user,
    token: found.token,
    settings: instanceSettings,
    isAdmin: found.user.isAdmin && (!instanceSettings.admin_mode || found.token.scopes.includes("admin_mode")),
  };
}

/**
 * A token that was rotated is presented to be rotated again: one of its two holders stole it, and the one that lives may be
 * the thief's (contract provisioning 6.4).
 */
async function endFamily(db: Db, token: PersonalAccessTokenRow, now: Date): Promise<void> {
  const ids = await revokeFamily(db, token, now);
  if (ids.length === 0) return;
  log.warn("personal-access-token:reused", { user_id: token.userId, token_id: token.id, revoked_ids: ids });
}

/**
 * Throws 403 with the reason why the user may not act: the same reasons that keep somebody from Git, but for the terms,
 * which are accepted elsewhere (contract accounts 12).
 */
export function refuseBarredUser(user: UserRow, context: { externalUrl: string; now: Date }): void {
  const refusal = guardUserStateButTerms({ ...user, isConfirmed: user.confirmedAt !== null }, context.externalUrl, context.now);
  if (refusal !== null) throw forbidden(refusal.message);
}

/** Throws 403 with the scopes that would do, where the token has none of them. */
export function requireScope(token: PersonalAccessTokenRow, accepted: readonly string[]): void {
  if (accepted.length > 0 && !token.scopes.some((scope) => accepted.includes(scope))) {
    throw new Fault("insufficientScope", "insufficient_scope", null, { scope: accepted.join(" ") });
  }
}
