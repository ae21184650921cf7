import * as v from "valibot";
import { deleteUser, findDeletableUser } from "../../db/user-deletion.ts";
import { conflict, notFound } from "../../domain/fault.ts";
import { dayOf } from "../../domain/identity/access-level.ts";
import { boolean, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { requireUnmodified } from "../../http/preconditions.ts";
import { keepFirstAdministrator, userIdOf } from "./find.ts";

/** DELETE /users/:id, for administrators; at once (contract provisioning 5.1, 5.2). */
export const removeUser = operation({
  method: "DELETE",
  path: "/users/:id",
  summary: "Delete a user",
  tags: ["provisioning"],
  caller: "user",
  requires: "admin",
  params: v.object({ id: text(), hard_delete: optional(boolean()) }),
  answers: { 204: { description: "Deleted" } },
  faults: [404, 409, 412],
  async handle(c, params) {
    const { db, now } = c.var;
    const found = await findDeletableUser(db, userIdOf(params.id), dayOf(now));
    if (found === null) throw notFound("User");
    keepFirstAdministrator(found.user.id, "removed");
    requireUnmodified(c, found.user.updatedAt);
    if (found.soleOwnedGroupIds.length > 0 && params.hard_delete !== true) {
      throw conflict("User cannot be removed while is the sole-owner of a group");
    }
    await deleteUser(db, found.user.id, [found.namespaceId, ...found.soleOwnedGroupIds]);
    return c.body(null, 204);
  },
});
