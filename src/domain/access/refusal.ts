import { Fault } from "../fault.ts";
import type { UnverifiedKind } from "../git/questions.ts";
import type { RepositoryType } from "../identity/gl-repository.ts";
import { sshAddressOf } from "./ssh-address.ts";

/** A refusal: its class decides the status, its reason is stable, its message is shown to the person as it is. */
export interface Refusal {
  class: "forbidden" | "notFound" | "unprocessable" | "invalid" | "unavailable";
  reason: string;
  message: string;
}

export function forbid(reason: string, message: string): Refusal {
  return { class: "forbidden", reason, message };
}

function miss(reason: string, message: string): Refusal {
  return { class: "notFound", reason, message };
}

/** The texts of contract git-access 6 that take no values, by their keys. */
export const refusals = {
  operation_limit: forbid("operation_limit", "This endpoint has been requested too many times. Try again later."),
  key_expired: forbid("key_expired", "Your SSH key has expired."),
  upload_pack_disabled_over_http: forbid("upload_pack_disabled_over_http", "Pulling over HTTP is not allowed."),
  receive_pack_disabled_over_http: forbid("receive_pack_disabled_over_http", "Pushing over HTTP is not allowed."),
  command_not_allowed: forbid("command_not_allowed", "The command you're trying to execute is not allowed."),
  cannot_push_to_read_only: forbid("cannot_push_to_read_only", "You can't push code to a read-only GitLab instance."),
  namespace_not_found: miss("namespace_not_found", "The namespace you were looking for could not be found."),
  project_not_found: miss(
    "project_not_found",
    "The project you were looking for could not be found or you don't have permission to view it.",
  ),
  no_repo: miss("no_repo", "A repository for this project does not exist yet."),
  download: forbid("download", "You are not allowed to download code from this project."),
  upload: forbid("upload", "You are not allowed to upload code for this project."),
  deploy_key_upload: forbid("deploy_key_upload", "This deploy key does not have write access to this project."),
  read_only: forbid("read_only", "The repository is temporarily read-only. Please try again later."),
  archived: forbid("archived", "You can't push code to an archived project."),
  push_code: forbid("push_code", "You are not allowed to push code to this project."),
  changes_invalid: { class: "invalid", reason: "changes_invalid", message: "400 Bad request - changes is invalid" },
  wiki_not_found: miss("wiki_not_found", "The wiki you were looking for could not be found."),
  wiki_no_repo: miss("wiki_no_repo", "A repository for this wiki does not exist yet."),
  wiki_download: forbid("wiki_download", "You are not allowed to download files from this wiki."),
  wiki_read_only: forbid("wiki_read_only", "You can't push code to a read-only GitLab instance."),
  wiki_write: forbid("wiki_write", "You are not allowed to write to this project's wiki."),
  snippet_authentication: forbid("snippet_authentication_mechanism", "The authentication mechanism is not supported."),
  snippet_not_found: miss("snippet_not_found", "The snippet you were looking for could not be found."),
  snippet_no_repo: miss("snippet_no_repo", "The snippet repository you were looking for could not be found."),
  snippet_read: forbid("snippet_read", "You are not allowed to read this snippet."),
  snippet_update: forbid("snippet_update", "You are not allowed to update this snippet."),
  design_web_only: forbid("design_web_only", "Designs are only accessible using the web interface"),
  snippet_branches: forbid("snippet_branches", "You can not create or delete branches."),
  snippet_too_many_files: forbid("snippet_too_many_files", "The repository can contain at most 10 file(s)."),
  snippet_no_files: forbid("snippet_no_files", "The repository must contain at least 1 file."),
  snippet_size_exceeded: forbid(
    "snippet_size_exceeded",
    "Your push to this repository cannot be completed because this repository has exceeded the allocated storage for your project. Contact your GitLab administrator for more information.",
  ),
  snippet_size_would_exceed: forbid(
    "snippet_size_would_exceed",
    "Your push to this repository cannot be completed as it would exceed the allocated storage for your project. Contact your GitLab administrator for more information.",
  ),
  design_manage: forbid("design_manage", "You are not allowed to manage designs of this project"),
  branch_default_deletion: forbid("branch_default_deletion", "The default branch of a project cannot be deleted."),
  branch_hash_name: forbid("branch_hash_name", "You cannot create a branch with a SHA-1 or SHA-256 branch name."),
  branch_name: forbid("branch_name", "You cannot create a branch with an invalid name."),
  branch_force_push: forbid("branch_force_push", "You are not allowed to force push code to a protected branch on this project."),
  branch_create: forbid("branch_create", "You are not allowed to create protected branches on this project."),
  branch_create_basis: forbid(
    "branch_create_basis",
    "You can only use an existing protected branch ref as the basis of a new protected branch.",
  ),
  branch_create_web_only: forbid("branch_create_web_only", "You can only create protected branches using the web interface and API."),
  branch_delete: forbid(
    "branch_delete",
    "You are not allowed to delete protected branches from this project. Only a project maintainer or owner can delete a protected branch.",
  ),
  branch_delete_web_only: forbid("branch_delete_web_only", "You can only delete protected branches using the web interface."),
  branch_merge: forbid("branch_merge", "You are not allowed to merge code into protected branches on this project."),
  branch_push: forbid("branch_push", "You are not allowed to push code to protected branches on this project."),
  tag_change: forbid("tag_change", "You are not allowed to change existing tags on this project."),
  tag_default_branch: forbid("tag_default_branch", "You cannot use default branch name to create a tag"),
  tag_encoding: forbid("tag_encoding", "Tag names must be valid when converted to UTF-8 encoding"),
  tag_name: forbid("tag_name", "You cannot create a tag with a prohibited pattern."),
  tag_hash_name: forbid("tag_hash_name", "You cannot create a tag with a SHA-1 or SHA-256 tag name."),
  tag_protected_update: forbid("tag_protected_update", "Protected tags cannot be updated."),
  tag_protected_delete: forbid(
    "tag_protected_delete",
    "You are not allowed to delete protected tags from this project. Only a project maintainer or owner can delete a protected tag.",
  ),
  tag_protected_delete_web_only: forbid("tag_protected_delete_web_only", "You can only delete protected tags using the web interface."),
  tag_protected_create: forbid("tag_protected_create", "You are not allowed to create this tag as it is protected."),
  lfs_missing: forbid("lfs_missing", 'LFS objects are missing. Ensure LFS is properly set up or try a manual "git lfs push --all".'),
  web_author: forbid("web_author", "For signed Web commits, the commit must be equal to the author"),
  facts_not_loaded: {
    class: "unavailable",
    reason: "facts_not_loaded",
    message: "The access check could not be completed. Please try again later.",
  },
  event_not_recorded: {
    class: "unavailable",
    reason: "event_not_recorded",
    message: "The audit event could not be recorded. Please try again later.",
  },
} as const satisfies Record<string, Refusal>;

/** Of SSH access without a one-time password that still counts; `clonePrefix` as in the facts of the instance. */
export function oneTimePasswordRequired(clonePrefix: string): Refusal {
  return forbid(
    "two_factor_session",
    `OTP verification is required to access the repository.\n\n   Use: ssh ${sshAddressOf(clonePrefix)} 2fa_verify`,
  );
}

/** Of a first push that is not allowed; the blank lines are part of the text. */
export function emptyRepositoryRefused(fullPath: string, projectUrl: string): Refusal {
  return forbid(
    "branch_push_empty",
    `\nA default branch (e.g. main) does not yet exist for ${fullPath}\nAsk a project Owner or Maintainer to create a default branch:\n\n  ${projectUrl}/-/project_members\n\n`,
  );
}

export function lockedByAnother(path: string, username: string): Refusal {
  return forbid("lfs_lock", `'${path}' is locked in Git LFS by @${username}`);
}

/** A check that nobody could make, on an instance that refuses such pushes. */
export function notVerified(kind: UnverifiedKind): Refusal {
  return forbid("unverified", `This push could not be verified: ${kind}. Please contact your administrator.`);
}

/** The time for the checks of a push is used up; `lines` tell where it went. */
export function timedOut(lines: readonly string[]): Refusal {
  const text = ["Push operation timed out", "", "Timing information for debugging purposes:", ...lines].join("\n");
  return { class: "unavailable", reason: "timed_out", message: text };
}

export const notFoundOf: Record<RepositoryType, Refusal> = {
  project: refusals.project_not_found,
  wiki: refusals.wiki_not_found,
  snippet: refusals.snippet_not_found,
  design: refusals.design_manage,
};

/** A project that could not be created on push; `errors` are full sentences. */
export function creationRefused(errors: string[]): Refusal {
  return { class: "unprocessable", reason: "creation", message: `Could not create project: ${errors.join(", ")}` };
}

/** A caller does not get back more than somebody could read. */
const longestId = 100;

/** The user that a client context narrows the call down to is not the one who acts. */
export function scopedUserNotFound(id: string): Refusal {
  return miss("scoped_user", `404 User ID ${id.slice(0, longestId)} not found Not Found`);
}

/** What a refusal becomes at the edge. */
export function faultOf(refusal: Refusal): Fault {
  return new Fault(refusal.class, refusal.reason, refusal.message);
}
