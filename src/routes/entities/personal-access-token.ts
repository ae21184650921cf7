import * as v from "valibot";
import type { PersonalAccessTokenRow } from "../../db/tokens.ts";
import { dayOf } from "../../domain/identity/access-level.ts";

export const PersonalAccessToken = v.object({
  id: v.number(),
  name: v.string(),
  revoked: v.boolean(),
  created_at: v.string(),
  description: v.nullable(v.string()),
  scopes: v.array(v.string()),
  user_id: v.number(),
  last_used_at: v.nullable(v.string()),
  /** Neither revoked nor expired. */
  active: v.boolean(),
  /** A day, `YYYY-MM-DD`, from whose beginning the token is dead. */
  expires_at: v.nullable(v.string()),
});

/** With its text, which is shown only where it is made. */
export const PersonalAccessTokenWithToken = v.object({ ...PersonalAccessToken.entries, token: v.string() });

export function renderPersonalAccessToken(token: PersonalAccessTokenRow, now: Date): v.InferOutput<typeof PersonalAccessToken> {
  const isRevoked = token.revokedAt !== null;
  return {
    id: token.id,
    name: token.name,
    revoked: isRevoked,
    created_at: token.createdAt.toISOString(),
    description: token.description,
    scopes: token.scopes,
    user_id: token.userId,
    last_used_at: token.lastUsedAt?.toISOString() ?? null,
    active: !isRevoked && (token.expiresAt === null || token.expiresAt > dayOf(now)),
    expires_at: token.expiresAt,
  };
}
