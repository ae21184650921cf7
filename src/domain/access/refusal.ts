import { Fault } from "../fault.ts";
import type { RepositoryType } from "../identity/gl-repository.ts";

/** A refusal: its class decides the status, its reason is stable, its message is shown to the person as it is. */
export interface Refusal {
  class: "forbidden" | "notFound" | "unprocessable";
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
  changes_not_verified: forbid("unverified", "This push could not be verified: changes. Please contact your administrator."),
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
  design_manage: forbid("design_manage", "You are not allowed to manage designs of this project"),
} as const;

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

/** The user that a client context narrows the call down to is not the one who acts. */
export function scopedUserNotFound(id: string): Refusal {
  return miss("scoped_user", `404 User ID ${id} not found Not Found`);
}

/** What a decision that lets nobody through becomes at the edge. */
export function faultOf(decision: { kind: "refused"; refusal: Refusal } | { kind: "create" }): Fault {
  // A project that was created and is gone again before it could be judged.
  const refusal = decision.kind === "create" ? refusals.project_not_found : decision.refusal;
  return new Fault(refusal.class, refusal.reason, refusal.message);
}
