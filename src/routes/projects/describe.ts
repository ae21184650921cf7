import type * as v from "valibot";
import { loadProjectExtras } from "../../db/project-extras.ts";
import type { ProjectRecord } from "../../db/project-records.ts";
import { dayOf } from "../../domain/identity/access-level.ts";
import { cloneUrls, type AppContext } from "../../http/context.ts";
import { renderProjectDetail, type ProjectDetail } from "../entities/project.ts";
import type { SeenProject } from "../places.ts";

/** A project as the caller sees it, with their own memberships. */
export async function describeProject(
  c: AppContext,
  seen: ProjectRecord & Pick<SeenProject, "viewer" | "memberships">,
): Promise<v.InferOutput<typeof ProjectDetail>> {
  const extrasOf = await loadProjectExtras(c.var.db, [seen.project.id]);
  const { viewer, memberships } = seen;
  const view = { ...extrasOf(seen.project.id), viewer, memberships, today: dayOf(c.var.now) };
  return renderProjectDetail(seen, view, cloneUrls(c));
}
