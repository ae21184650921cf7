import type { UserCaller } from "../auth/personal-access-token.ts";
import type { ItemPlace } from "../db/item-place.ts";
import type { Viewer } from "../domain/access/visibility.ts";
import type { AppContext } from "../http/context.ts";
import { seeGroup, seeProject } from "./places.ts";

/** A project or group whose labels or milestones are meant, as the caller sees it. */
export interface SeenItems {
  place: ItemPlace;
  viewer: Viewer;
}

/** What differs between the calls on labels and milestones of groups and those of projects. */
export interface ItemSource {
  kind: "group" | "project";
  path: "/groups/:id" | "/projects/:id";
  /** Statuses of faults of every GET, and of every other call. */
  faults: { read: readonly number[]; write: readonly number[] };
  /** 404 where there is none for this caller. */
  see: (c: AppContext, caller: UserCaller | null, id: string) => Promise<SeenItems>;
}

export const itemsOfGroup: ItemSource = {
  kind: "group",
  path: "/groups/:id",
  faults: { read: [404], write: [404] },
  async see(c, caller, id) {
    const { namespace, viewer } = await seeGroup(c, caller, id);
    return { place: { projectId: null, namespaceId: namespace.id }, viewer };
  },
};

export const itemsOfProject: ItemSource = {
  kind: "project",
  path: "/projects/:id",
  faults: { read: [301, 404], write: [404, 405] },
  async see(c, caller, id) {
    const { project, viewer } = await seeProject(c, caller, id);
    return { place: { projectId: project.id, namespaceId: project.namespaceId }, viewer };
  },
};
