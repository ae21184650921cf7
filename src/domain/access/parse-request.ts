import { badRequest } from "../fault.ts";
import { parseChanges } from "../git/changes.ts";
import { parseClientContext, parseJsonObject } from "../git/client-context.ts";
import { parseActor, parseId, type ActorParameters } from "../identity/actor.ts";
import { parseGlRepository, parseRepositoryPath } from "../identity/gl-repository.ts";
import { receivePack, type AccessRequest } from "./request.ts";

/** The parameters of `/allowed` under their wire names, with text already text (contract git-access 2). */
export interface AllowedParameters extends ActorParameters {
  project?: string | null | undefined;
  gl_repository?: string | null | undefined;
  protocol?: string | null | undefined;
  action?: string | null | undefined;
  changes?: unknown;
  env?: unknown;
  check_ip?: string | null | undefined;
  namespace_path?: string | null | undefined;
  gitaly_client_context_bin?: string | null | undefined;
}

/** Tells the forms of a request apart. Throws 400 for what names no repository and for a broken client context. */
export function parseAccessRequest(params: AllowedParameters): AccessRequest {
  const repository = parseRepository(params);
  const action = params.action ?? "";
  const context = parseClientContext(params.gitaly_client_context_bin ?? "");
  return {
    actor: parseActor(params),
    repository,
    action,
    protocol: params.protocol ?? "",
    // A fetch ignores them, whatever they are.
    changes: action === receivePack ? parseChanges(params.changes) : "any",
    quarantine: parseQuarantine(params.env),
    checkIp: params.check_ip ?? null,
    namespacePath: filled(params.namespace_path),
    scopedUser: scopedUserOf(context),
    skipsCommitsCheck: context["skip_commits_check"] === true,
    hasHappened: false,
  };
}

function filled(text: string | null | undefined): string | null {
  return text === undefined || text === null || text.trim() === "" ? null : text;
}

/** `gl_repository` wins: Gitaly's `project` is a directory on its disk. Throws 400 for what names no repository. */
export function parseRepository(params: Pick<AllowedParameters, "project" | "gl_repository">): AccessRequest["repository"] {
  const glRepository = filled(params.gl_repository);
  if (glRepository !== null) {
    const identifier = parseGlRepository(glRepository);
    if (identifier === null) throw badRequest("gl_repository is invalid");
    return { identifier };
  }
  const project = filled(params.project);
  if (project === null) throw badRequest("project or gl_repository is missing");
  return { path: parseRepositoryPath(project) };
}

/** A JSON document as text; what cannot be read is no quarantine. */
function parseQuarantine(env: unknown): AccessRequest["quarantine"] {
  const document = typeof env === "string" ? parseJsonObject(env) : null;
  const directory = document?.["GIT_OBJECT_DIRECTORY_RELATIVE"];
  const alternates = document?.["GIT_ALTERNATE_OBJECT_DIRECTORIES_RELATIVE"];
  return {
    objectDirectory: typeof directory === "string" ? directory : "",
    alternateObjectDirectories: Array.isArray(alternates) ? alternates.filter((each) => typeof each === "string") : [],
  };
}

function scopedUserOf(context: Record<string, unknown>): AccessRequest["scopedUser"] {
  const id = context["scoped-user-id"];
  if (id === undefined || id === null) return null;
  return { id: parseId(id), text: typeof id === "string" ? id : JSON.stringify(id) };
}
