import { badRequest } from "../fault.ts";
import { parseClientContext } from "../git/client-context.ts";
import { parseActor, type ActorReference } from "../identity/actor.ts";
import { parseGlRepository, type RepositoryIdentifier } from "../identity/gl-repository.ts";
import { decodeChanges } from "./ref-changes.ts";
import { parsePushOptions, type PushOptions } from "./push-options.ts";

/** The parameters of `/post_receive` under their wire names (contract push 3.1). */
export interface PushReportParameters {
  gl_repository?: unknown;
  identifier?: unknown;
  changes?: unknown;
  push_options?: unknown;
  gitaly_client_context_bin?: unknown;
}

/** What Gitaly tells of a push whose refs have moved. */
export interface PushReport {
  /** As it was received: the counter's name. */
  glRepository: string;
  repository: RepositoryIdentifier;
  /** As it was received; blank where it was not. */
  identifier: string;
  actor: ActorReference;
  /** Lines of the push, decoded (ref-changes.ts); blank where none were sent. */
  changes: string;
  rawOptions: readonly string[];
  options: PushOptions;
  /** With `ci.skip` where the client context asks for it: what the job is given. */
  jobOptions: PushOptions;
}

const longestName = 255;
/** A call to a repository's object carries 32 MiB; what is no UTF-8 may be thrice as long when it is decoded. */
const mostChangesBytes = 24 * 1024 * 1024;

/** Throws 400 for what names no repository, and for `changes` and options of a kind that they cannot have. */
export async function parsePushReport(params: PushReportParameters): Promise<PushReport> {
  const glRepository = parseCounterName(params.gl_repository);
  const repository = parseGlRepository(glRepository);
  if (repository === null) throw badRequest("gl_repository is invalid");
  const rawOptions = textsOf(params.push_options, "push_options");
  const changes = await decodeChanges(textsOf(params.changes, "changes").join("\n"));
  if (Buffer.byteLength(changes) > mostChangesBytes) throw badRequest("changes is invalid");
  const context = parseClientContext(typeof params.gitaly_client_context_bin === "string" ? params.gitaly_client_context_bin : "");
  const identifier = typeof params.identifier === "string" && params.identifier.length <= longestName ? params.identifier : "";
  const options = parsePushOptions(rawOptions);
  const skipsCi = (context["skip-ci"] ?? false) !== false;
  const jobOptions = skipsCi ? { ...options, ci: { ...options["ci"], skip: true as const } } : options;
  return { glRepository, repository, identifier, actor: parseActor({ identifier }), changes, rawOptions, options, jobOptions };
}

/** What names a counter: any text, which is not looked up (contract push 1). Throws 400 for anything else. */
export function parseCounterName(value: unknown): string {
  if (value === undefined || value === null || (typeof value === "string" && value.trim() === "")) {
    throw badRequest("gl_repository is missing");
  }
  if (typeof value !== "string" || value.length > longestName) throw badRequest("gl_repository is invalid");
  return value;
}

function textsOf(value: unknown, name: string): readonly string[] {
  if (value === undefined || value === null) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = list.filter((each) => typeof each === "string");
  if (texts.length < list.length) throw badRequest(`${name} is invalid`);
  return texts;
}
