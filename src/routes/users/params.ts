import * as v from "valibot";
import type { Identity } from "../../db/user-records.ts";
import type { UserChange } from "../../db/users.ts";
import { profileTexts } from "../../domain/identity/user-fields.ts";
import { boolean, integer, optional, text } from "../../http/fields.ts";

/** Scopes that read users and the caller's own account. */
export const userReadScopes = ["api", "read_api", "read_user"];

const line = () => optional(text());

/** What a user may be given, in creation and in update; avatars are accepted and dropped (contract provisioning 5.2). */
export const userFields = {
  password: line(),
  reset_password: optional(boolean()),
  force_random_password: optional(boolean()),
  admin: optional(boolean()),
  external: optional(boolean()),
  can_create_group: optional(boolean()),
  projects_limit: optional(integer()),
  note: line(),
  private_profile: optional(boolean()),
  theme_id: optional(integer()),
  color_scheme_id: optional(integer()),
  view_diffs_file_by_file: optional(boolean()),
  bio: line(),
  location: line(),
  pronouns: line(),
  job_title: line(),
  organization: line(),
  website_url: line(),
  skype: line(),
  linkedin: line(),
  twitter: line(),
  discord: line(),
  public_email: line(),
  commit_email: line(),
  provider: line(),
  extern_uid: line(),
};

const Fields = v.object(userFields);
export type UserFields = v.InferOutput<typeof Fields>;

/** An identity is named by both its parameters, or by none. */
export function wholeIdentity<Params extends { provider?: string | undefined; extern_uid?: string | undefined }>() {
  return v.check<Params, string>(
    (params) => (params.provider === undefined) === (params.extern_uid === undefined),
    "extern_uid, provider provide all or none of parameters",
  );
}

export function identityOf(params: { provider?: string | undefined; extern_uid?: string | undefined }): Identity | undefined {
  const { provider = "", extern_uid: externUid = "" } = params;
  return provider === "" || externUid === "" ? undefined : { provider, externUid };
}

const kept = [...profileTexts, "theme_id", "color_scheme_id", "view_diffs_file_by_file"] as const;

/** The columns that the parameters set; those that are not given are undefined. */
export function userColumns(params: UserFields) {
  const profile = Object.fromEntries(kept.flatMap((name) => (params[name] === undefined ? [] : [[name, params[name]]])));
  return {
    isAdmin: params.admin,
    isExternal: params.external,
    canCreateGroup: params.can_create_group,
    projectsLimit: params.projects_limit,
    note: params.note,
    isPrivateProfile: params.private_profile,
    publicEmail: params.public_email === "" ? null : params.public_email,
    commitEmail: params.commit_email === "" ? null : params.commit_email,
    profile: Object.keys(profile).length === 0 ? undefined : profile,
  } satisfies UserChange;
}
