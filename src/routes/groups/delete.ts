import * as v from "valibot";
import { deleteGroup as deleteGroupRows } from "../../db/group-changes.ts";
import { AccessLevel } from "../../domain/identity/access-level.ts";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { requireUnmodified } from "../../http/preconditions.ts";
import { Accepted, accepted } from "../entities/accepted.ts";
import { requireLevel, seeGroup } from "../places.ts";

/** DELETE /groups/:id: gone at once, with its subgroups and projects; its owners may (contract provisioning 7). */
export const deleteGroup = operation({
  method: "DELETE",
  path: "/groups/:id",
  summary: "Delete a group, with its subgroups and projects",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text() }),
  answers: { 202: { description: "Deleted", schema: Accepted } },
  faults: [404, 412],
  async handle(c, params) {
    const group = await seeGroup(c, c.var.caller, params.id);
    requireLevel(group, AccessLevel.owner);
    requireUnmodified(c, group.namespace.updatedAt);
    await deleteGroupRows(c.var.db, group.namespace.id);
    return c.json(accepted, 202);
  },
});
