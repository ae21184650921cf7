import * as v from "valibot";
import type { NamedUser, UserRecord } from "../../db/user-records.ts";
import type { UserType } from "../../domain/identity/user-state.ts";

/** The short form of a user, shown wherever somebody is named. */
export const UserBasic = v.object({
  id: v.number(),
  username: v.string(),
  name: v.string(),
  state: v.string(),
  locked: v.boolean(),
  avatar_url: v.null(),
  web_url: v.string(),
});

const profileEntries = {
  created_at: v.string(),
  bio: v.string(),
  location: v.nullable(v.string()),
  public_email: v.nullable(v.string()),
  skype: v.string(),
  linkedin: v.string(),
  twitter: v.string(),
  discord: v.string(),
  website_url: v.string(),
  organization: v.string(),
  job_title: v.string(),
  pronouns: v.nullable(v.string()),
  bot: v.boolean(),
  work_information: v.nullable(v.string()),
  followers: v.number(),
  following: v.number(),
  local_time: v.null(),
};

/** A user as everybody else sees them. */
export const User = v.object({ ...UserBasic.entries, ...profileEntries, is_followed: v.boolean() });

/** A user as they see themselves. */
export const UserSelf = v.object({
  ...UserBasic.entries,
  ...profileEntries,
  email: v.string(),
  last_sign_in_at: v.null(),
  confirmed_at: v.nullable(v.string()),
  last_activity_on: v.nullable(v.string()),
  theme_id: v.number(),
  color_scheme_id: v.number(),
  projects_limit: v.number(),
  current_sign_in_at: v.null(),
  identities: v.array(v.object({ provider: v.string(), extern_uid: v.string() })),
  can_create_group: v.boolean(),
  can_create_project: v.boolean(),
  two_factor_enabled: v.boolean(),
  external: v.boolean(),
  private_profile: v.boolean(),
  commit_email: v.string(),
});

/** A user as administrators see them. */
export const UserAdmin = v.object({
  ...UserSelf.entries,
  is_admin: v.boolean(),
  note: v.nullable(v.string()),
  namespace_id: v.number(),
  created_by: v.nullable(UserBasic),
  current_sign_in_ip: v.null(),
  last_sign_in_ip: v.null(),
  email_reset_offered_at: v.null(),
  using_license_seat: v.boolean(),
  is_auditor: v.boolean(),
  shared_runners_minutes_limit: v.null(),
  extra_shared_runners_minutes_limit: v.null(),
});

/** `base`: the external URL, here and below. */
export function renderUserBasic(user: NamedUser, base: string): v.InferOutput<typeof UserBasic> {
  return {
    id: user.id,
    username: user.username,
    name: user.name,
    state: user.state,
    locked: user.isLocked,
    avatar_url: null,
    web_url: `${base}/${user.username}`,
  };
}

export function renderUser(record: UserRecord, base: string): v.InferOutput<typeof User> {
  return { ...renderUserBasic(record.user, base), ...renderProfile(record), is_followed: false };
}

const botTypes: readonly UserType[] = ["project_bot", "service_account", "security_bot", "internal_bot"];

function renderProfile({ user }: UserRecord) {
  const { profile } = user;
  const jobTitle = textOf(profile, "job_title") ?? "";
  const organization = textOf(profile, "organization") ?? "";
  return {
    created_at: user.createdAt.toISOString(),
    bio: textOf(profile, "bio") ?? "",
    location: textOf(profile, "location"),
    public_email: user.publicEmail,
    skype: textOf(profile, "skype") ?? "",
    linkedin: textOf(profile, "linkedin") ?? "",
    twitter: textOf(profile, "twitter") ?? "",
    discord: textOf(profile, "discord") ?? "",
    website_url: textOf(profile, "website_url") ?? "",
    organization,
    job_title: jobTitle,
    pronouns: textOf(profile, "pronouns"),
    bot: botTypes.includes(user.userType),
    work_information: [jobTitle, organization].filter((word) => word !== "").join(" at ") || null,
    followers: 0,
    following: 0,
    local_time: null,
  };
}

export function renderUserSelf(record: UserRecord, base: string): v.InferOutput<typeof UserSelf> {
  const { user, identities, projectsCount } = record;
  return {
    ...renderUserBasic(user, base),
    ...renderProfile(record),
    email: user.email,
    last_sign_in_at: null,
    confirmed_at: user.confirmedAt?.toISOString() ?? null,
    last_activity_on: user.lastActivityOn,
    theme_id: numberOf(user.profile, "theme_id") ?? 1,
    color_scheme_id: numberOf(user.profile, "color_scheme_id") ?? 1,
    projects_limit: user.projectsLimit,
    current_sign_in_at: null,
    identities: identities.map(({ provider, externUid }) => ({ provider, extern_uid: externUid })),
    can_create_group: user.canCreateGroup,
    can_create_project: projectsCount < user.projectsLimit,
    two_factor_enabled: user.isTwoFactorEnabled,
    external: user.isExternal,
    private_profile: user.isPrivateProfile,
    commit_email: user.commitEmail ?? user.email,
  };
}

export function renderUserAdmin(record: UserRecord, base: string): v.InferOutput<typeof UserAdmin> {
  const { user, namespaceId, createdBy } = record;
  return {
    ...renderUserSelf(record, base),
    is_admin: user.isAdmin,
    note: user.note,
    namespace_id: namespaceId,
    created_by: createdBy === null ? null : renderUserBasic(createdBy, base),
    current_sign_in_ip: null,
    last_sign_in_ip: null,
    email_reset_offered_at: null,
    using_license_seat: false,
    is_auditor: false,
    shared_runners_minutes_limit: null,
    extra_shared_runners_minutes_limit: null,
  };
}

function textOf(profile: Record<string, unknown>, name: string): string | null {
  const value = profile[name];
  return typeof value === "string" ? value : null;
}

function numberOf(profile: Record<string, unknown>, name: string): number | null {
  const value = profile[name];
  return typeof value === "number" ? value : null;
}
