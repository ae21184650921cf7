import type * as v from "valibot";
import type { UserCaller } from "../../auth/personal-access-token.ts";
import { loadProjectExtras } from "../../db/project-extras.ts";
import type { ProjectRecord } from "../../db/project-records.ts";
import type { Viewer } from "../../domain/access/visibility.ts";
import { dayOf } from "../../domain/identity/access-level.ts";
import { cloneUrls, type AppContext } from "../../http/context.ts";
import { renderProjectDetail, type ProjectDetail } from "../entities/project.ts";

/** A project as the caller sees it, with their own memberships. */
export async function describeProject(
  c: AppContext,
  caller: UserCaller,
  seen: ProjectRecord & { viewer: Viewer },
): Promise<v.InferOutput<typeof ProjectDetail>> {
  const today = dayOf(c.var.now);
  const extrasOf = await loadProjectExtras(c.var.db, [seen.project.id], { reader: caller, today });
  return renderProjectDetail(seen, { ...extrasOf(seen.project.id), viewer: seen.viewer, today }, cloneUrls(c));
}
