import * as v from "valibot";
import { isForeignKeyViolation } from "../../db/constraint.ts";
import { createPersonalAccessToken, type NewPersonalAccessToken, type PersonalAccessTokenRow } from "../../db/tokens.ts";
import type { Db } from "../../db/client.ts";
import { notFound, unprocessable } from "../../domain/fault.ts";
import type { TokenExpiry } from "../../domain/tokens/expiry.ts";
import { lengthErrors, tokenLength } from "../../domain/tokens/limits.ts";
import { digestOfToken, makeToken } from "../../domain/tokens/secret.ts";
import { commaList, day, notInList, optional, text } from "../../http/fields.ts";
import { log } from "../../http/log.ts";
import type { OperationContext } from "../../http/operation.ts";
import { renderPersonalAccessToken } from "../entities/personal-access-token.ts";

/** What anybody who makes a token says of it, besides its scopes. */
export const newTokenFields = { name: text(), description: optional(text()), expires_at: optional(day()) };

/** Scopes, each once; judged as a whole, since GitLab names the parameter and not its element. */
export function scopeList(known: readonly string[]) {
  return v.pipe(
    commaList(v.pipe(text(), v.trim())),
    v.check((scopes) => scopes.every((scope) => known.includes(scope)), notInList),
    v.transform((scopes) => [...new Set(scopes)]),
  );
}

/** What a new token shall be. */
interface WantedToken {
  name: string;
  description?: string | undefined;
  scopes: string[];
}

/**
 * Makes a token for its owner and shows its text, this once: 201; 422 with everything that is wrong with it; 404 where the
 * owner is gone meanwhile.
 */
export async function addToken(
  c: OperationContext<"user">,
  owner: { id: number },
  wanted: WantedToken,
  expiry: TokenExpiry,
): Promise<Response> {
  const { db, caller, now, requestId } = c.var;
  const { name, description = null, scopes } = wanted;
  const errors = errorsOf(wanted);
  if ("refused" in expiry) throw unprocessable([...errors, expiry.refused].join(" and "));
  if (errors.length > 0) throw unprocessable(errors.join(" and "));
  const token = makeToken(caller.settings.personal_access_token_prefix, tokenLength);
  const row = await store(db, {
    userId: owner.id,
    name,
    description,
    scopes,
    expiresAt: expiry.expiresAt,
    digest: digestOfToken(token),
    createdAt: now,
  });
  log.info("personal-access-token:created", { request_id: requestId, creator_id: caller.user.id, user_id: row.userId, token_id: row.id });
  return respondToken(c, row, token, 201);
}

/** A token with its text, which no cache on the way may keep. */
export function respondToken(c: OperationContext<"user">, row: PersonalAccessTokenRow, token: string, status: 200 | 201): Response {
  c.header("Cache-Control", "no-store");
  return c.json({ ...renderPersonalAccessToken(row, c.var.now), token }, status);
}

function errorsOf({ name, description = "", scopes }: WantedToken): string[] {
  return [
    ...(name.trim() === "" ? ["Name can't be blank"] : lengthErrors("Name", name)),
    ...lengthErrors("Description", description),
    ...(scopes.length === 0 ? ["Scopes can't be blank"] : []),
  ];
}

async function store(db: Db, token: NewPersonalAccessToken): Promise<PersonalAccessTokenRow> {
  try {
    return await createPersonalAccessToken(db, token);
  } catch (error) {
    if (isForeignKeyViolation(error)) throw notFound("User");
    throw error;
  }
}
