import type { UserCaller } from "../auth/personal-access-token.ts";
import type { Db } from "../db/client.ts";
import {
  findMovedProjectId,
  findNamespace,
  findProject,
  loadMemberships,
  type NamespaceRecord,
  type ProjectRecord,
} from "../db/project-records.ts";
import { canSee, nobody, type Viewer } from "../domain/access/visibility.ts";
import { Fault, forbidden, notFound } from "../domain/fault.ts";
import { AccessLevel, dayOf, effectiveAccess, type Membership } from "../domain/identity/access-level.ts";
import { externalUrl, queryWithoutCredentials, type AppContext } from "../http/context.ts";

/** A project or group that the caller may see, and the role in which they see it. */
export interface SeenProject extends ProjectRecord {
  viewer: Viewer;
  memberships: Membership[];
}
export interface SeenGroup extends NamespaceRecord {
  viewer: Viewer;
  memberships: Membership[];
}

/** The viewer that a caller is at a place, where nothing is known of them but their memberships. */
export function viewerOf(caller: UserCaller | null, memberships: readonly Membership[], ownerId: number | null, now: Date): Viewer {
  if (caller === null) return nobody;
  const owns = ownerId !== null && ownerId === caller.user.id;
  return {
    isSignedIn: true,
    isExternal: caller.user.isExternal,
    isAdmin: caller.isAdmin,
    level: owns ? AccessLevel.owner : effectiveAccess(memberships, dayOf(now)).level,
  };
}

/**
 * The project that `:id` names, by id or full path. 404 `Project Not Found` where there is none for this caller. A
 * former path leads a GET on with 301 and refuses every other method (contract provisioning 1.7).
 */
export async function seeProject(c: AppContext, caller: UserCaller | null, idOrPath: string): Promise<SeenProject> {
  const { db, now } = c.var;
  const record = await findProject(db, idOrPath);
  if (record === null) throw await missingProject(c, db, caller, idOrPath);
  const seen = await lookAt(db, caller, record, now);
  if (seen === null) throw notFound("Project");
  return seen;
}

/** A project that was found, in the caller's role there; null where they may not see it. */
export async function lookAt(db: Db, caller: UserCaller | null, record: ProjectRecord, now: Date): Promise<SeenProject | null> {
  const { project, namespace } = record;
  const memberships =
    caller === null ? [] : await loadMemberships(db, caller.user.id, { projectId: project.id, namespaceId: project.namespaceId });
  const viewer = viewerOf(caller, memberships, namespace.ownerId, now);
  return canSee(project.visibility, viewer) ? { ...record, viewer, memberships } : null;
}

/** The same, of somebody who has this role there: 403 where they have a lower one. */
export async function seeProjectAs(c: AppContext, caller: UserCaller, idOrPath: string, level: number): Promise<SeenProject> {
  const seen = await seeProject(c, caller, idOrPath);
  requireLevel(seen, level);
  return seen;
}

async function missingProject(c: AppContext, db: Db, caller: UserCaller | null, path: string): Promise<Fault> {
  const movedId = await findMovedProjectId(db, path);
  if (movedId === null) return notFound("Project");
  // Who may not see the project is not told that it moved.
  await seeProject(c, caller, String(movedId));
  if (c.req.method !== "GET" && c.req.method !== "HEAD") {
    return new Fault("methodNotAllowed", "moved_project", "Non GET methods are not allowed for moved projects");
  }
  const rest = c.req.path
    .split("/")
    .slice(5)
    .map((segment) => `/${segment}`)
    .join("");
  const query = queryWithoutCredentials(c).toString();
  const location = `${externalUrl(c)}/api/v4/projects/${movedId}${rest}${query === "" ? "" : `?${query}`}`;
  return new Fault("moved", "moved_project", `This resource has been moved permanently to ${location}`, { location });
}

/** The group that `:id` names. Personal namespaces are no groups: 404. */
export async function seeGroup(c: AppContext, caller: UserCaller | null, idOrPath: string): Promise<SeenGroup> {
  const group = await findGroup(c, caller, idOrPath);
  if (!canSee(group.namespace.visibility, group.viewer)) throw notFound("Group");
  return group;
}

/**
 * The same for somebody who wants to leave the group: to a member with minimal access it may be hidden, and yet be left
 * by them (contract provisioning 8).
 */
export async function seeGroupToLeave(c: AppContext, caller: UserCaller, idOrPath: string): Promise<SeenGroup> {
  const group = await findGroup(c, caller, idOrPath);
  const { namespace, viewer, memberships } = group;
  const own = memberships.filter(({ source, sourceId }) => source === "namespace" && sourceId === namespace.id);
  const isMember = effectiveAccess(own, dayOf(c.var.now)).level > AccessLevel.none;
  if (!isMember && !canSee(namespace.visibility, viewer)) throw notFound("Group");
  return group;
}

async function findGroup(c: AppContext, caller: UserCaller | null, idOrPath: string): Promise<SeenGroup> {
  const record = await findNamespace(c.var.db, idOrPath);
  if (record === null || record.namespace.kind !== "group") throw notFound("Group");
  const memberships =
    caller === null ? [] : await loadMemberships(c.var.db, caller.user.id, { projectId: null, namespaceId: record.namespace.id });
  return { ...record, viewer: viewerOf(caller, memberships, null, c.var.now), memberships };
}

/** 403 below the level; administrators pass. */
export function requireLevel(place: { viewer: Viewer }, level: number): void {
  if (!place.viewer.isAdmin && place.viewer.level < level) throw forbidden();
}
