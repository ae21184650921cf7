import type { UserCaller } from "../auth/personal-access-token.ts";
import type { NamespaceRow } from "../db/namespaces.ts";
import { canSee } from "../domain/access/visibility.ts";
import { AccessLevel, type Membership } from "../domain/identity/access-level.ts";
import { viewerOf } from "./places.ts";

/** Whether a namespace is there for a user, and whether it is theirs. A personal namespace is its owner's alone. */
export function viewNamespace(
  caller: UserCaller,
  { kind, visibility, ownerId }: NamespaceRow,
  memberships: readonly Membership[],
  now: Date,
): { isSeen: boolean; isOwned: boolean } {
  const viewer = viewerOf(caller, memberships, ownerId, now);
  const isOwned = viewer.level >= AccessLevel.owner;
  return { isSeen: kind === "group" ? canSee(visibility, viewer) : isOwned || viewer.isAdmin, isOwned };
}
