import * as v from "valibot";
import { externalUrl } from "../../http/context.ts";
import { operation } from "../../http/operation.ts";
import { renderUserAdmin, renderUserSelf, UserAdmin, UserSelf } from "../entities/user.ts";
import { findRecord } from "./find.ts";
import { userReadScopes } from "./params.ts";

/** GET /user: whose token this is, or who `Sudo` acts as (contract provisioning 4). */
export const showCurrentUser = operation({
  method: "GET",
  path: "/user",
  summary: "The user whose token this is",
  tags: ["provisioning"],
  caller: "user",
  scopes: userReadScopes,
  params: v.object({}),
  answers: { 200: { description: "The user; administrators see more", schema: v.union([UserAdmin, UserSelf]) } },
  async handle(c) {
    const { db, caller } = c.var;
    const record = await findRecord(db, String(caller.user.id));
    const base = externalUrl(c);
    return c.json(caller.isAdmin ? renderUserAdmin(record, base) : renderUserSelf(record, base));
  },
});
