import { fullPathOf } from "../access/target.ts";
import { parseId } from "../identity/actor.ts";
import type { RepositoryIdentifier, RepositoryType } from "../identity/gl-repository.ts";

/** What LFS objects may belong to. Snippets have none. */
const lfsRepositoryTypes = ["project", "wiki", "design"] as const satisfies readonly RepositoryType[];
type LfsRepositoryType = (typeof lfsRepositoryTypes)[number];

/** The names that global ids have for it. */
const modelOf: Record<LfsRepositoryType, string> = {
  project: "Project",
  wiki: "ProjectWiki",
  design: "DesignManagement::Repository",
};

/** A repository with LFS, named by the id of its project. */
export interface LfsContainer extends RepositoryIdentifier {
  type: LfsRepositoryType;
}

/** The repository that a call names, as far as LFS is concerned. */
export interface LfsTarget {
  type: RepositoryType;
  /** Null: a personal snippet's. */
  project: { id: number; fullPath: string; isLfsEnabled: boolean } | null;
}

/** The container that a repository is, with its full path; null for a snippet, and where LFS is off (contract accounts 10, step 1). */
export function lfsContainerOf(target: LfsTarget | null): (LfsContainer & { fullPath: string }) | null {
  if (target === null || target.type === "snippet" || target.project === null || !target.project.isLfsEnabled) return null;
  return { type: target.type, id: target.project.id, fullPath: fullPathOf({ ...target, snippet: null }) };
}

/** `gid://gitlab/Project/3` */
export function containerGid({ type, id }: LfsContainer): string {
  return `gid://gitlab/${modelOf[type]}/${id}`;
}

/** The container of a global id; null for what is none. */
export function parseContainerGid(gid: string): LfsContainer | null {
  const match = /^gid:\/\/gitlab\/([A-Za-z:]+)\/([1-9]\d*)$/.exec(gid);
  const type = lfsRepositoryTypes.find((each) => modelOf[each] === match?.[1]);
  const id = parseId(match?.[2]);
  return type === undefined || id === null ? null : { type, id };
}
