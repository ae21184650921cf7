import * as v from "valibot";
import { findKeyWithUser } from "../db/key-lookup.ts";
import { invalid, notFound, rowNotFound } from "../domain/fault.ts";
import { parseFingerprint } from "../domain/identity/fingerprint.ts";
import { parseRowId } from "../domain/identity/row-id.ts";
import { externalUrl } from "../http/context.ts";
import { text } from "../http/fields.ts";
import { operation } from "../http/operation.ts";
import { renderSshKeyWithUser, SshKeyWithUser } from "./entities/ssh-key.ts";

/** GET /keys/:id, for administrators: any key, of a user or a deploy key (contract provisioning 6.1). */
export const showKey = operation({
  method: "GET",
  path: "/keys/:id",
  summary: "An SSH key and the user behind it",
  tags: ["provisioning"],
  caller: "user",
  requires: "admin",
  params: v.object({ id: text() }),
  answers: { 200: { description: "The key", schema: SshKeyWithUser } },
  faults: [404],
  async handle(c, params) {
    const id = parseRowId(params.id);
    const found = id === null ? null : await findKeyWithUser(c.var.db, { id });
    if (found === null) throw rowNotFound();
    return c.json(renderSshKeyWithUser(found, externalUrl(c)));
  },
});

/** GET /keys?fingerprint=, for administrators. 400 for what is no fingerprint, 404 for one that no key has. */
export const findKey = operation({
  method: "GET",
  path: "/keys",
  summary: "The SSH key with this fingerprint, and the user behind it",
  tags: ["provisioning"],
  caller: "user",
  requires: "admin",
  params: v.object({ fingerprint: text() }),
  answers: { 200: { description: "The key", schema: SshKeyWithUser } },
  faults: [404],
  async handle(c, params) {
    const fingerprint = parseFingerprint(params.fingerprint);
    if (fingerprint === null) throw invalid("Failed to return the key");
    const found = await findKeyWithUser(c.var.db, fingerprint);
    if (found === null) throw notFound("Key");
    return c.json(renderSshKeyWithUser(found, externalUrl(c)));
  },
});
