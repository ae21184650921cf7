import type { AccessRequest } from "../access/request.ts";
import { parseGlRepository, parseRepositoryPath } from "../identity/gl-repository.ts";

/** Longer than any path. */
const longestText = 4096;

/**
 * The repository that a request names besides its token, `gl_repository` before `project`: null where neither is given,
 * `unknown` where what is given can name none.
 */
export function parseNamedRepository(params: {
  gl_repository?: unknown;
  project?: unknown;
}): AccessRequest["repository"] | null | "unknown" {
  const isIdentifier = isGiven(params.gl_repository);
  const given = isIdentifier ? params.gl_repository : params.project;
  if (!isGiven(given)) return null;
  if (typeof given !== "string" || given.length > longestText) return "unknown";
  if (!isIdentifier) return { path: parseRepositoryPath(given) };
  const identifier = parseGlRepository(given);
  return identifier === null ? "unknown" : { identifier };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && !(typeof value === "string" && value.trim() === "");
}
