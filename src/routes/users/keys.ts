import * as v from "valibot";
import { isForeignKeyViolation, isUniqueViolation } from "../../db/constraint.ts";
import { createUserKey, deleteUserKey, findUserKey, isKeyTaken, listUserKeys, type KeyRow, type NewUserKey } from "../../db/keys.ts";
import type { Db } from "../../db/client.ts";
import { invalid, notFound, type FieldErrors } from "../../domain/fault.ts";
import { checkKey, keyTaken, readKey } from "../../domain/identity/key-checks.ts";
import { keyLifetimeError } from "../../domain/identity/key-lifetime.ts";
import { parseRowId } from "../../domain/identity/row-id.ts";
import { keyUsages } from "../../domain/identity/ssh-key.ts";
import { externalUrl } from "../../http/context.ts";
import { instant, oneOf, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";
import { requireUnmodified } from "../../http/preconditions.ts";
import { renderSshKey, SshKey } from "../entities/ssh-key.ts";
import { findNamed, findRecord } from "./find.ts";
import { userReadScopes } from "./params.ts";

/** GET /users/:id/keys: public, since public keys are (contract provisioning 6.1). */
export const findUserKeys = operation({
  method: "GET",
  path: "/users/:id/keys",
  summary: "The SSH keys of a user",
  tags: ["provisioning"],
  caller: "anyone",
  scopes: userReadScopes,
  params: v.object({ id: text(), ...pageFields }),
  answers: { 200: { description: "The keys", schema: v.array(SshKey) } },
  faults: [404],
  async handle(c, params) {
    const user = await findNamed(c.var.db, params.id);
    const page = pageOf(params);
    const { rows, total } = await listUserKeys(c.var.db, user.id, page);
    const rendered = rows.map((key) => renderSshKey(key, user.name, externalUrl(c)));
    return respondPage(c, rendered, page, total);
  },
});

/** GET /users/:id/keys/:key_id */
export const showUserKey = operation({
  method: "GET",
  path: "/users/:id/keys/:key_id",
  summary: "An SSH key of a user",
  tags: ["provisioning"],
  caller: "anyone",
  scopes: userReadScopes,
  params: v.object({ id: text(), key_id: text() }),
  answers: { 200: { description: "The key", schema: SshKey } },
  faults: [404],
  async handle(c, params) {
    const user = await findNamed(c.var.db, params.id);
    const key = await requireKey(c.var.db, user.id, params.key_id);
    return c.json(renderSshKey(key, user.name, externalUrl(c)));
  },
});

/** POST /users/:id/keys, for administrators (contract provisioning 6.1, 6.2). */
export const addUserKey = operation({
  method: "POST",
  path: "/users/:id/keys",
  summary: "Register an SSH key of a user",
  tags: ["provisioning"],
  caller: "user",
  requires: "admin",
  params: v.object({
    id: text(),
    title: text(),
    key: text(),
    expires_at: optional(instant()),
    usage_type: optional(oneOf(keyUsages)),
  }),
  answers: { 201: { description: "The key", schema: SshKey } },
  faults: [404],
  async handle(c, params) {
    const { db, caller, now } = c.var;
    const { user } = await findRecord(db, params.id);
    const { title, key: line, usage_type: usage = "auth_and_signing", expires_at: expiresAt = null } = params;
    const checked = checkKey(line, title, expiresAt, caller.settings, now);
    const lifetimeError = keyLifetimeError(expiresAt, caller.settings, now);
    if (!("key" in checked) || lifetimeError !== null) {
      throw invalid(await allErrors(db, line, "key" in checked ? {} : checked.errors, lifetimeError));
    }
    const row = await registerKey(db, user.id, { ...checked.key, title, usage, expiresAt, createdAt: now, updatedAt: now });
    return c.json(renderSshKey(row, user.name, externalUrl(c)), 201);
  },
});

/** DELETE /users/:id/keys/:key_id, for administrators. */
export const removeUserKey = operation({
  method: "DELETE",
  path: "/users/:id/keys/:key_id",
  summary: "Delete an SSH key of a user",
  tags: ["provisioning"],
  caller: "user",
  requires: "admin",
  params: v.object({ id: text(), key_id: text() }),
  answers: { 204: { description: "Deleted" } },
  faults: [404, 412],
  async handle(c, params) {
    const { db } = c.var;
    const { user } = await findRecord(db, params.id);
    const key = await requireKey(db, user.id, params.key_id);
    requireUnmodified(c, key.updatedAt);
    if (!(await deleteUserKey(db, user.id, key.id))) throw notFound("Key");
    return c.body(null, 204);
  },
});

async function requireKey(db: Db, userId: number, segment: string): Promise<KeyRow> {
  const id = parseRowId(segment);
  const key = id === null ? null : await findUserKey(db, userId, id);
  if (key === null) throw notFound("Key");
  return key;
}

/** Everything that is wrong at once, that the key is taken included. */
async function allErrors(db: Db, line: string, errors: FieldErrors, lifetimeError: string | null): Promise<FieldErrors> {
  const read = readKey(line);
  const isTaken = "key" in read && (await isKeyTaken(db, read.key.fingerprintSha256));
  return {
    ...errors,
    ...(lifetimeError === null ? {} : { key: [...(errors["key"] ?? []), lifetimeError] }),
    ...(isTaken ? keyTaken : {}),
  };
}

async function registerKey(db: Db, userId: number, key: NewUserKey): Promise<KeyRow> {
  try {
    return await createUserKey(db, userId, key);
  } catch (error) {
    if (isUniqueViolation(error, "keys.fingerprint_sha256")) throw invalid(keyTaken);
    if (isForeignKeyViolation(error)) throw notFound("User");
    throw error;
  }
}
