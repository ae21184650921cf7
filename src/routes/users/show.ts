import * as v from "valibot";
import { forbidden } from "../../domain/fault.ts";
import { externalUrl } from "../../http/context.ts";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { renderUser, renderUserAdmin, User, UserAdmin } from "../entities/user.ts";
import { findRecord } from "./find.ts";
import { userReadScopes } from "./params.ts";

/** Nobody signs in here: a count for clients that decode the field. */
const SingleUserAdmin = v.object({ ...UserAdmin.entries, sign_in_count: v.number() });

/** GET /users/:id, for whoever has a token (contract provisioning 5.1). */
export const showUser = operation({
  method: "GET",
  path: "/users/:id",
  summary: "A user",
  tags: ["provisioning"],
  caller: "anyone",
  scopes: userReadScopes,
  params: v.object({ id: text() }),
  answers: { 200: { description: "The user; administrators see more", schema: v.union([SingleUserAdmin, User]) } },
  faults: [404],
  async handle(c, params) {
    const { db, caller } = c.var;
    if (caller === null) throw forbidden("Not authorized!");
    const record = await findRecord(db, params.id);
    const base = externalUrl(c);
    return c.json(caller.isAdmin ? { ...renderUserAdmin(record, base), sign_in_count: 0 } : renderUser(record, base));
  },
});
