import * as v from "valibot";
import { changeUserState } from "../../db/users.ts";
import { forbidden } from "../../domain/fault.ts";
import { decideBlock, decideUnblock, type StateChange } from "../../domain/identity/state-change.ts";
import { text } from "../../http/fields.ts";
import { operation, type OperationContext } from "../../http/operation.ts";
import { findRecord, keepFirstAdministrator } from "./find.ts";

const declared = {
  method: "POST",
  tags: ["provisioning"],
  caller: "user",
  requires: "admin",
  params: v.object({ id: text() }),
  faults: [404],
} as const;

/** POST /users/:id/block: `true`, or `null` where the user was blocked before (contract provisioning 5.1). */
export const blockUser = operation({
  ...declared,
  path: "/users/:id/block",
  summary: "Block a user",
  answers: { 201: { description: "Whether anything changed", schema: v.nullable(v.literal(true)) } },
  async handle(c, params) {
    const { user } = await findRecord(c.var.db, params.id);
    if (user.id !== c.var.caller.user.id) keepFirstAdministrator(user.id, "blocked");
    const isChanged = await change(c, user.id, decideBlock(user.state, user.id === c.var.caller.user.id));
    return c.json(isChanged ? true : null, 201);
  },
});

/** POST /users/:id/unblock: `true`, or `false` where the user was not blocked. */
export const unblockUser = operation({
  ...declared,
  path: "/users/:id/unblock",
  summary: "Unblock a user",
  answers: { 201: { description: "Whether anything changed", schema: v.boolean() } },
  async handle(c, params) {
    const { user } = await findRecord(c.var.db, params.id);
    return c.json(await change(c, user.id, decideUnblock(user.state)), 201);
  },
});

async function change(c: OperationContext<"user">, userId: number, decided: StateChange): Promise<boolean> {
  if (decided === "nothing_to_do") return false;
  if ("refused" in decided) throw forbidden(decided.refused);
  return changeUserState(c.var.db, userId, decided.from, decided.to, c.var.now);
}
