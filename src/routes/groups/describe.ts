import type * as v from "valibot";
import type { UserCaller } from "../../auth/personal-access-token.ts";
import { loadGroupExtras } from "../../db/groups.ts";
import { loadProjectExtras } from "../../db/project-extras.ts";
import type { NamespaceRecord, ProjectRecord } from "../../db/project-records.ts";
import type { Viewer } from "../../domain/access/visibility.ts";
import { AccessLevel, dayOf } from "../../domain/identity/access-level.ts";
import { readSettings } from "../../domain/settings.ts";
import { cloneUrls, type AppContext } from "../../http/context.ts";
import { renderGroupDetail, type GroupDetail } from "../entities/group.ts";
import { renderProject, renderProjectSimple } from "../entities/project.ts";
import { viewerOf } from "../places.ts";

/** A group with its projects as the caller may see it. */
export async function describeGroup(
  c: AppContext,
  caller: UserCaller | null,
  group: NamespaceRecord & { viewer: Viewer },
  withProjects: boolean,
): Promise<v.InferOutput<typeof GroupDetail>> {
  const { namespace, fullPath, fullName, viewer } = group;
  const extras = await loadGroupExtras(c.var.db, namespace.id, { reader: caller, today: dayOf(c.var.now), withProjects });
  const own = extras.projects.map((project) => ({
    project,
    fullPath: `${fullPath}/${project.path}`,
    namespace,
    namespacePath: fullPath,
    namespaceName: fullName,
  }));
  const show = await projectRenderer(c, caller, [...own, ...extras.sharedProjects]);
  const view = {
    shares: extras.shares,
    isOwner: viewer.isAdmin || viewer.level >= AccessLevel.owner,
    projects: withProjects ? { own: own.map((record) => show(record)), shared: extras.sharedProjects.map((record) => show(record)) } : null,
  };
  return renderGroupDetail(group, view, {
    base: cloneUrls(c).external,
    defaultBranchProtection: readSettings(extras.settings).default_branch_protection,
    isLfsInherited: extras.isLfsInherited ?? true,
  });
}

/** Callers without a token get the short form, others each project as they see it by their own role there. */
export async function projectRenderer(c: AppContext, caller: UserCaller | null, records: readonly ProjectRecord[]) {
  const urls = cloneUrls(c);
  if (caller === null) return (record: ProjectRecord) => renderProjectSimple(record, urls);
  const ids = records.map((record) => record.project.id);
  const extrasOf = await loadProjectExtras(c.var.db, ids, { reader: caller, today: dayOf(c.var.now) });
  return (record: ProjectRecord) => {
    const extras = extrasOf(record.project.id);
    const viewer = viewerOf(caller, extras.memberships, record.namespace.ownerId, c.var.now);
    return renderProject(record, { ...extras, viewer }, urls);
  };
}
