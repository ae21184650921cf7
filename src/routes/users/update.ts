import * as v from "valibot";
import type { UserRecord } from "../../db/user-records.ts";
import { updateUser, type UserChange } from "../../db/users.ts";
import { notFound } from "../../domain/fault.ts";
import { errorsOfUser } from "../../domain/identity/user-fields.ts";
import { makeToken } from "../../domain/tokens/secret.ts";
import { externalUrl } from "../../http/context.ts";
import { boolean, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { renderUserAdmin, UserAdmin } from "../entities/user.ts";
import { findRecord, keepFirstAdministrator } from "./find.ts";
import { identityOf, userColumns, userFields, wholeIdentity } from "./params.ts";
import { refuseUser, writeUser } from "./taken.ts";

const Params = v.object({
  id: text(),
  email: optional(text()),
  username: optional(text()),
  name: optional(text()),
  terms_accepted: optional(boolean()),
  skip_reconfirmation: optional(boolean()),
  ...userFields,
});
type Params = v.InferOutput<typeof Params>;

/**
 * PUT /users/:id, for administrators (contract provisioning 5.1). What a user has already may be sent again. Another
 * user name renames the personal namespace; its former paths lead on.
 */
export const editUser = operation({
  method: "PUT",
  path: "/users/:id",
  summary: "Change a user",
  tags: ["provisioning"],
  caller: "user",
  requires: "admin",
  params: v.pipe(Params, wholeIdentity()),
  answers: { 200: { description: "The user", schema: UserAdmin } },
  faults: [404, 409],
  async handle(c, params) {
    const { db, now } = c.var;
    const record = await findRecord(db, params.id);
    const { id } = record.user;
    if (params.admin === false) keepFirstAdministrator(id, "demoted");
    const wanted = { email: params.email, username: params.username, identity: identityOf(params) };
    const password = passwordOf(params);
    const errors = errorsOfUser(params, password);
    if (Object.keys(errors).length > 0) return refuseUser(db, wanted, id, errors);
    const change = changeOf(params, record, password !== null, now);
    if (Object.values(change).every((value) => value === undefined)) return c.json(renderUserAdmin(record, externalUrl(c)));
    const updated = await writeUser(db, wanted, id, () => updateUser(db, record, { ...change, updatedAt: now }));
    if (updated === null) throw notFound("User");
    return c.json(renderUserAdmin(updated, externalUrl(c)));
  },
});

/** Null where no password is set; terraform sends a blank one beside `reset_password`. */
function passwordOf(params: Params): string | null {
  const isMadeUp = params.reset_password === true || params.force_random_password === true;
  return isMadeUp || params.password === "" ? null : (params.password ?? null);
}

function changeOf(params: Params, { user }: UserRecord, setsPassword: boolean, now: Date): UserChange {
  const renews = setsPassword || params.reset_password === true || params.force_random_password === true;
  return {
    email: params.email,
    username: params.username === user.username ? undefined : params.username,
    name: params.name,
    ...userColumns(params),
    identity: identityOf(params),
    passwordStamp: renews ? makeToken("", 16) : undefined,
    termsAcceptedAt: params.terms_accepted === true ? (user.termsAcceptedAt ?? now) : params.terms_accepted === false ? null : undefined,
  };
}
