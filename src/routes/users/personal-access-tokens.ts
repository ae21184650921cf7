import * as v from "valibot";
import { isForeignKeyViolation } from "../../db/constraint.ts";
import { createPersonalAccessToken, type NewPersonalAccessToken, type PersonalAccessTokenRow } from "../../db/tokens.ts";
import type { Db } from "../../db/client.ts";
import { notFound, unprocessable } from "../../domain/fault.ts";
import { dayOf } from "../../domain/identity/access-level.ts";
import { decideTokenExpiry } from "../../domain/tokens/expiry.ts";
import { scopes as allScopes } from "../../domain/tokens/scopes.ts";
import { digestOfToken, makeToken } from "../../domain/tokens/secret.ts";
import { commaList, day, notInList, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { PersonalAccessTokenWithToken, renderPersonalAccessToken } from "../entities/personal-access-token.ts";
import { findRecord } from "./find.ts";

const knownScopes = new Set<string>(allScopes);

/** Judged as a whole, since GitLab names the parameter and not its element. */
const scopeList = v.pipe(
  commaList(v.pipe(text(), v.trim())),
  v.check((scopes) => scopes.every((scope) => knownScopes.has(scope)), notInList),
  v.transform((scopes) => [...new Set(scopes)]),
);

/** POST /users/:id/personal_access_tokens, for administrators: a token whose text is shown this once (contract provisioning 6.4). */
export const addUserToken = operation({
  method: "POST",
  path: "/users/:id/personal_access_tokens",
  summary: "Make a personal access token for a user",
  tags: ["provisioning"],
  caller: "user",
  requires: "admin",
  params: v.object({
    id: text(),
    name: text(),
    description: optional(text()),
    scopes: scopeList,
    expires_at: optional(day()),
  }),
  answers: { 201: { description: "The token, with its text", schema: PersonalAccessTokenWithToken } },
  faults: [404, 422],
  async handle(c, params) {
    const { db, caller, now } = c.var;
    const { user } = await findRecord(db, params.id);
    const { name, description = null, scopes } = params;
    const expiry = decideTokenExpiry(params.expires_at ?? null, caller.settings, dayOf(now));
    const errors = [
      ...(name.trim() === "" ? ["Name can't be blank"] : tooLong("Name", name)),
      ...tooLong("Description", description ?? ""),
      ...(scopes.length === 0 ? ["Scopes can't be blank"] : []),
      ...("mustBeBefore" in expiry ? [`Expiration date must be before ${expiry.mustBeBefore}`] : []),
    ];
    if (errors.length > 0 || "mustBeBefore" in expiry) throw unprocessable(errors.join(" and "));
    const token = makeToken(caller.settings.personal_access_token_prefix, 20);
    const row = await storeToken(db, {
      userId: user.id,
      name,
      description,
      scopes,
      expiresAt: expiry.expiresAt,
      digest: digestOfToken(token),
      createdAt: now,
    });
    c.header("Cache-Control", "no-store");
    return c.json({ ...renderPersonalAccessToken(row, now), token }, 201);
  },
});

function tooLong(field: string, value: string): string[] {
  return value.length > 255 ? [`${field} is too long (maximum is 255 characters)`] : [];
}

async function storeToken(db: Db, token: NewPersonalAccessToken): Promise<PersonalAccessTokenRow> {
  try {
    return await createPersonalAccessToken(db, token);
  } catch (error) {
    if (isForeignKeyViolation(error)) throw notFound("User");
    throw error;
  }
}
