import * as v from "valibot";
import { runBatch } from "../../db/batch.ts";
import { deleteProjects } from "../../db/deletion.ts";
import { valuesIn } from "../../db/value-list.ts";
import { AccessLevel } from "../../domain/identity/access-level.ts";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { requireUnmodified } from "../../http/preconditions.ts";
import { Accepted, accepted } from "../entities/accepted.ts";
import { requireLevel, seeProject } from "../places.ts";

/** DELETE /projects/:id: gone at once, with all that belongs to it; its owners may (contract provisioning 9.1). */
export const deleteProject = operation({
  method: "DELETE",
  path: "/projects/:id",
  summary: "Delete a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text() }),
  answers: { 202: { description: "Deleted", schema: Accepted } },
  faults: [404, 405, 412],
  async handle(c, params) {
    const seen = await seeProject(c, c.var.caller, params.id);
    requireLevel(seen, AccessLevel.owner);
    requireUnmodified(c, seen.project.updatedAt);
    await runBatch(c.var.db, deleteProjects(c.var.db, valuesIn([seen.project.id])));
    return c.json(accepted, 202);
  },
});
