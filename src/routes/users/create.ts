import * as v from "valibot";
import { createUser, type NewUser } from "../../db/users.ts";
import { errorsOfUser } from "../../domain/identity/user-fields.ts";
import type { InstanceSettings } from "../../domain/settings.ts";
import { makeToken } from "../../domain/tokens/secret.ts";
import { externalUrl } from "../../http/context.ts";
import { boolean, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { renderUserAdmin, UserAdmin } from "../entities/user.ts";
import { identityOf, userColumns, userFields, wholeIdentity } from "./params.ts";
import { refuseUser, writeUser } from "./taken.ts";

const Params = v.object({
  email: text(),
  username: text(),
  name: text(),
  skip_confirmation: optional(boolean()),
  ...userFields,
});
type Params = v.InferOutput<typeof Params>;

const hasPassword = v.check<Params, string>(
  (params) => [params.password, params.reset_password, params.force_random_password].some((value) => value !== undefined),
  "password, reset_password, force_random_password are missing, at least one parameter must be provided",
);

/** POST /users: a user with their personal namespace, for administrators (contract provisioning 5.1). */
export const addUser = operation({
  method: "POST",
  path: "/users",
  summary: "Create a user",
  tags: ["provisioning"],
  caller: "user",
  requires: "admin",
  params: v.pipe(Params, hasPassword, wholeIdentity()),
  answers: { 201: { description: "The user", schema: UserAdmin } },
  faults: [409],
  async handle(c, params) {
    const { db, caller, now } = c.var;
    const identity = identityOf(params);
    const wanted = { email: params.email, username: params.username, identity };
    const errors = errorsOfUser(params, passwordOf(params));
    if (Object.keys(errors).length > 0) return refuseUser(db, wanted, null, errors);
    const row = newUser(params, caller.settings, caller.user.id, now);
    const { namespaceId, ...user } = await writeUser(db, wanted, null, () => createUser(db, row, identity ?? null));
    const identities = identity === undefined ? [] : [identity];
    const record = { user, namespaceId, projectsCount: 0, identities, createdBy: caller.user };
    return c.json(renderUserAdmin(record, externalUrl(c)), 201);
  },
});

/** What is to be judged: a password that the instance makes up itself is good, whatever else was sent. */
function passwordOf(params: Params): string | null {
  const isMadeUp = params.reset_password === true || params.force_random_password === true;
  return isMadeUp ? null : (params.password ?? "");
}

function newUser(params: Params, settings: InstanceSettings, createdById: number, now: Date): NewUser {
  return {
    username: params.username,
    name: params.name,
    email: params.email,
    ...userColumns(params),
    isExternal: params.external ?? settings.user_default_external,
    canCreateGroup: params.can_create_group ?? settings.can_create_group,
    projectsLimit: params.projects_limit ?? settings.default_projects_limit,
    passwordStamp: makeToken("", 16),
    // No mail is sent that could ask for confirmation.
    confirmedAt: now,
    createdById,
    createdAt: now,
    updatedAt: now,
  };
}
