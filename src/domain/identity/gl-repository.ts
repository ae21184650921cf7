import { createHash } from "node:crypto";
import { parseId } from "./actor.ts";

export const repositoryTypes = ["project", "wiki", "snippet", "design"] as const;
export type RepositoryType = (typeof repositoryTypes)[number];

export interface RepositoryIdentifier {
  type: RepositoryType;
  /** Of the snippet; for all other types of the project. */
  id: number;
}

/**
 * Reads `project-N`, `wiki-N`, `project-N-wiki`, `snippet-N`, `design-N` (contract git-access 4.1); null for anything
 * else, which the caller hears as a 400.
 */
export function parseGlRepository(text: string): RepositoryIdentifier | null {
  const match = /^(?:(project|wiki|snippet|design)-(\d+)|project-(\d+)-(wiki))$/.exec(text);
  if (match === null) return null;
  const type = repositoryTypes.find((each) => each === (match[1] ?? match[4]));
  // A number that no row can have is well-formed all the same: its repository is missing, not misnamed.
  const id = Math.min(Number(match[2] ?? match[3]), Number.MAX_SAFE_INTEGER);
  return type === undefined || id === 0 ? null : { type, id };
}

export function formatGlRepository(identifier: RepositoryIdentifier): string {
  return `${identifier.type}-${identifier.id}`;
}

/** Where a path might lead, by type; tried in the order project, wiki, snippet, design (contract git-access 4.2). */
export interface PathCandidates {
  /** The path without a leading `/` and without `.git`. */
  path: string;
  wikiPath: string | null;
  designPath: string | null;
  snippet: { id: number; projectPath: string | null } | null;
}

export function parseRepositoryPath(typed: string): PathCandidates {
  const path = typed.replace(/^\//, "").replace(/\.git$/, "");
  const snippet = /^(?:(.+)\/)?snippets\/(\d+)$/.exec(path);
  const snippetId = parseId(snippet?.[2]);
  return {
    path,
    wikiPath: path.endsWith(".wiki") ? path.slice(0, -".wiki".length) : null,
    designPath: path.endsWith(".design") ? path.slice(0, -".design".length) : null,
    snippet: snippet === null || snippetId === null ? null : { id: snippetId, projectPath: snippet[1] ?? null },
  };
}

/** `@hashed/4e/07/4e07….git`: where a repository lies on its storage, by the SHA-256 of its id (contract git-access 4.4). */
export function hashedPath(prefix: "@hashed" | "@snippets", id: number): string {
  const hash = createHash("sha256").update(String(id)).digest("hex");
  return `${prefix}/${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`;
}
