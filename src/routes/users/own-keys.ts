import * as v from "valibot";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields } from "../../http/pagination.ts";
import { SshKey } from "../entities/ssh-key.ts";
import { addKey, newKeyFields, removeKey, respondKey, respondKeys } from "./key-ring.ts";
import { userReadScopes } from "./params.ts";

/** GET /user/keys: the keys of whose token this is (contract provisioning 4). */
export const findOwnKeys = operation({
  method: "GET",
  path: "/user/keys",
  summary: "The caller's own SSH keys",
  tags: ["provisioning"],
  caller: "user",
  scopes: userReadScopes,
  params: v.object(pageFields),
  answers: { 200: { description: "The keys", schema: v.array(SshKey) } },
  faults: [405],
  handle: (c, params) => respondKeys(c, c.var.caller.user, params),
});

/** GET /user/keys/:key_id */
export const showOwnKey = operation({
  method: "GET",
  path: "/user/keys/:key_id",
  summary: "One of the caller's own SSH keys",
  tags: ["provisioning"],
  caller: "user",
  scopes: userReadScopes,
  params: v.object({ key_id: text() }),
  answers: { 200: { description: "The key", schema: SshKey } },
  faults: [404],
  handle: (c, params) => respondKey(c, c.var.caller.user, params.key_id),
});

/** POST /user/keys: with the same checks as a key that an administrator registers (contract provisioning 6.2). */
export const addOwnKey = operation({
  method: "POST",
  path: "/user/keys",
  summary: "Register an SSH key of the caller's own",
  tags: ["provisioning"],
  caller: "user",
  params: v.object(newKeyFields),
  answers: { 201: { description: "The key", schema: SshKey } },
  faults: [409],
  handle: (c, params) => addKey(c, c.var.caller.user, params),
});

/** DELETE /user/keys/:key_id */
export const removeOwnKey = operation({
  method: "DELETE",
  path: "/user/keys/:key_id",
  summary: "Delete one of the caller's own SSH keys",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ key_id: text() }),
  answers: { 204: { description: "Deleted" } },
  faults: [404, 412],
  handle: (c, params) => removeKey(c, c.var.caller.user, params.key_id),
});
