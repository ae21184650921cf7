import type { ActorReference } from "../identity/actor.ts";
import type { ChangeList } from "../git/changes.ts";
import type { PathCandidates, RepositoryIdentifier } from "../identity/gl-repository.ts";

/** A question to `/allowed`, read and with its forms told apart. */
export interface AccessRequest {
  actor: ActorReference;
  /** `gl_repository` where it was given, which wins over the path. */
  repository: { identifier: RepositoryIdentifier } | { path: PathCandidates };
  /** The Git command, or whatever else was sent. */
  action: string;
  /** `ssh`, `http`, `web`, or whatever else was sent. */
  protocol: string;
  /** `any`: exactly `_any`. `none`: absent or blank, which is judged like `any` and creates no project. */
  changes: "any" | "none" | ChangeList;
  /** Where Gitaly keeps the objects of a push that is not yet accepted. */
  quarantine: { objectDirectory: string; alternateObjectDirectories: string[] };
  /** The client's address, as text; not always an address. */
  checkIp: string | null;
  /** The top-level group a certificate is good for. */
  namespacePath: string | null;
  /** The user that a call was narrowed down to by its client context, as an id (null: it is none) and as it was sent. */
  scopedUser: { id: number | null; text: string } | null;
  /** The client context says that who wrote the commits is not to be looked at. */
  skipsCommitsCheck: boolean;
  /** Told of afterwards: no one-time password is asked for it, and no project is created. */
  hasHappened: boolean;
}

export const uploadPack = "git-upload-pack";
export const uploadArchive = "git-upload-archive";
export const receivePack = "git-receive-pack";

export function isPush(request: Pick<AccessRequest, "action">): boolean {
  return request.action === receivePack;
}
