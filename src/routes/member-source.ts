import type { UserCaller } from "../auth/personal-access-token.ts";
import type { MemberPlace } from "../db/members.ts";
import type { PlaceKind } from "../domain/access/membership-rights.ts";
import type { Viewer } from "../domain/access/visibility.ts";
import type { AppContext } from "../http/context.ts";
import { seeGroup, seeGroupToLeave, seeProject, type SeenGroup, type SeenProject } from "./places.ts";

/** A group or project whose members, or invited groups, are meant, as the caller sees it. */
export interface SeenSource {
  kind: PlaceKind;
  place: MemberPlace;
  /** The group itself, or the namespace of the project. */
  inNamespaceId: number;
  /** Whose personal namespace the project is in: theirs it stays. */
  holderId: number | null;
  viewer: Viewer;
}

/** What differs between the calls on members of groups and those of projects. */
export interface MemberSource {
  kind: PlaceKind;
  path: "/groups/:id" | "/projects/:id";
  /** Statuses of faults of every GET, and of every other call. */
  faults: { read: readonly number[]; write: readonly number[] };
  /** 404 where there is none for this caller. */
  see(c: AppContext, caller: UserCaller, id: string): Promise<SeenSource>;
  /** The same for somebody who wants to end their own membership, which may be all that they see of the place. */
  seeToLeave(c: AppContext, caller: UserCaller, id: string): Promise<SeenSource>;
}

export const groupSource: MemberSource = {
  kind: "group",
  path: "/groups/:id",
  faults: { read: [404], write: [404] },
  async see(c, caller, id) {
    return seenGroup(await seeGroup(c, caller, id));
  },
  async seeToLeave(c, caller, id) {
    return seenGroup(await seeGroupToLeave(c, caller, id));
  },
};

/** A group that the caller sees, as a place of members. */
export function seenGroup({ namespace, viewer }: SeenGroup): SeenSource {
  return { kind: "group", place: { namespaceId: namespace.id }, inNamespaceId: namespace.id, holderId: null, viewer };
}

export const projectSource: MemberSource = {
  kind: "project",
  path: "/projects/:id",
  faults: { read: [301, 404], write: [404, 405] },
  see: seeProjectSource,
  // No role in a project is so low that it would be hidden.
  seeToLeave: seeProjectSource,
};

async function seeProjectSource(c: AppContext, caller: UserCaller, id: string): Promise<SeenSource> {
  return seenProject(await seeProject(c, caller, id));
}

/** A project that the caller sees, as a place of members. */
export function seenProject({ project, namespace, viewer }: SeenProject): SeenSource {
  return { kind: "project", place: { projectId: project.id }, inNamespaceId: namespace.id, holderId: namespace.ownerId, viewer };
}
