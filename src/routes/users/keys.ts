import * as v from "valibot";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields } from "../../http/pagination.ts";
import { SshKey } from "../entities/ssh-key.ts";
import { findNamed, findRecord } from "./find.ts";
import { addKey, newKeyFields, removeKey, respondKey, respondKeys } from "./key-ring.ts";
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
  faults: [404, 405],
  async handle(c, params) {
    return respondKeys(c, await findNamed(c.var.db, params.id), params);
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
    return respondKey(c, await findNamed(c.var.db, params.id), params.key_id);
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
  params: v.object({ id: text(), ...newKeyFields }),
  answers: { 201: { description: "The key", schema: SshKey } },
  faults: [404, 409],
  async handle(c, params) {
    const { user } = await findRecord(c.var.db, params.id);
    return addKey(c, user, params);
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
    const { user } = await findRecord(c.var.db, params.id);
    return removeKey(c, user, params.key_id);
  },
});
