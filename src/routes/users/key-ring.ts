import { createUserKey, deleteUserKey, findUserKey, listUserKeys, type KeyRow } from "../../db/keys.ts";
import type { Db } from "../../db/client.ts";
import type { UserRow } from "../../db/users.ts";
import { invalid, notFound } from "../../domain/fault.ts";
import { checkKey, keyTaken } from "../../domain/identity/key-checks.ts";
import { keyLifetimeError } from "../../domain/identity/key-lifetime.ts";
import { parseRowId } from "../../domain/identity/row-id.ts";
import { keyUsages, type KeyUsage } from "../../domain/identity/ssh-key.ts";
import { externalUrl, type AppContext } from "../../http/context.ts";
import { instant, oneOf, optional, text } from "../../http/fields.ts";
import type { OperationContext } from "../../http/operation.ts";
import { pageOf, respondPage } from "../../http/pagination.ts";
import { requireUnmodified } from "../../http/preconditions.ts";
import { renderSshKey } from "../entities/ssh-key.ts";
import { unlessTaken, withTaken } from "../taken-key.ts";

/**
 * What is done with the SSH keys of a user: the same for the user themselves (`/user/keys`) and for others
 * (`/users/:id/keys`), contract provisioning 6.1, 6.2.
 */

type Owner = Pick<UserRow, "id" | "name">;

/** The parameters with which a key is registered. */
export const newKeyFields = {
  title: text(),
  key: text(),
  expires_at: optional(instant()),
  usage_type: optional(oneOf(keyUsages)),
};

interface NewKeyParams {
  title: string;
  key: string;
  expires_at?: Date | null | undefined;
  usage_type?: KeyUsage | undefined;
}

/** A page of the owner's keys. */
export async function respondKeys(
  c: AppContext,
  owner: Owner,
  params: { page?: number | undefined; per_page?: number | undefined; pagination?: string | undefined },
): Promise<Response> {
  const page = pageOf(params);
  const { rows, total } = await listUserKeys(c.var.db, owner.id, page);
  const rendered = rows.map((key) => renderSshKey(key, owner.name, externalUrl(c)));
  return respondPage(c, rendered, page, total);
}

/** One of the owner's keys; 404 `Key Not Found`. */
export async function respondKey(c: AppContext, owner: Owner, segment: string): Promise<Response> {
  const key = await requireKey(c.var.db, owner.id, segment);
  return c.json(renderSshKey(key, owner.name, externalUrl(c)));
}

/** Registers a key of the owner: 201, or 400 with everything that is wrong with it; 409 where the owner is gone meanwhile. */
export async function addKey(c: OperationContext<"user">, owner: Owner, params: NewKeyParams): Promise<Response> {
  const { db, caller, now } = c.var;
  const { title, key: line, usage_type: usage = "auth_and_signing", expires_at: expiresAt = null } = params;
  const checked = checkKey(line, title, expiresAt, caller.settings, now);
  const lifetimeError = keyLifetimeError(expiresAt, caller.settings, now);
  if (!("key" in checked) || lifetimeError !== null) {
    const errors = "key" in checked ? {} : checked.errors;
    const lifetime = lifetimeError === null ? {} : { key: [...(errors["key"] ?? []), lifetimeError] };
    throw invalid(await withTaken(db, line, { ...errors, ...lifetime }));
  }
  const created = { ...checked.key, title, usage, expiresAt, createdAt: now, updatedAt: now };
  const row = await unlessTaken(createUserKey(db, owner.id, created));
  if (row === null) throw invalid(keyTaken);
  return c.json(renderSshKey(row, owner.name, externalUrl(c)), 201);
}

/** Deletes one of the owner's keys; 412 where it changed since the caller saw it. */
export async function removeKey(c: OperationContext<"user">, owner: Owner, segment: string): Promise<Response> {
  const { db } = c.var;
  const key = await requireKey(db, owner.id, segment);
  requireUnmodified(c, key.updatedAt);
  if (!(await deleteUserKey(db, owner.id, key.id))) throw notFound("Key");
  return c.body(null, 204);
}

async function requireKey(db: Db, userId: number, segment: string): Promise<KeyRow> {
  const id = parseRowId(segment);
  const key = id === null ? null : await findUserKey(db, userId, id);
  if (key === null) throw notFound("Key");
  return key;
}
