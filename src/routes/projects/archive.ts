import * as v from "valibot";
import { updateProject } from "../../db/projects.ts";
import { notFound } from "../../domain/fault.ts";
import { AccessLevel } from "../../domain/identity/access-level.ts";
import { text } from "../../http/fields.ts";
import { operation, type OperationContext } from "../../http/operation.ts";
import { ProjectDetail } from "../entities/project.ts";
import { requireLevel, seeProject } from "../places.ts";
import { describeProject } from "./describe.ts";

const declared = {
  method: "POST",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text() }),
  answers: { 201: { description: "The project", schema: ProjectDetail } },
  faults: [404, 405],
} as const;

/**
 * POST /projects/:id/archive: makes a project read-only for Git; its owners may. An archived one stays as it is (contract
 * provisioning 9.1).
 */
export const archiveProject = operation({
  ...declared,
  path: "/projects/:id/archive",
  summary: "Archive a project",
  handle: (c, params) => setArchived(c, params.id, true),
});

/** POST /projects/:id/unarchive: opens an archived project for pushes again. */
export const unarchiveProject = operation({
  ...declared,
  path: "/projects/:id/unarchive",
  summary: "Take a project out of the archive",
  handle: (c, params) => setArchived(c, params.id, false),
});

async function setArchived(c: OperationContext<"user">, id: string, isArchived: boolean): Promise<Response> {
  const { caller, db, now } = c.var;
  const seen = await seeProject(c, caller, id);
  requireLevel(seen, AccessLevel.owner);
  const { project } = seen;
  if (project.isArchived === isArchived) return c.json(await describeProject(c, caller, seen), 201);
  const changed = await updateProject(db, project.id, { isArchived, attributes: {}, updatedAt: now });
  if (changed === null) throw notFound("Project");
  return c.json(await describeProject(c, caller, { ...seen, project: changed }), 201);
}
