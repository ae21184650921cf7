import * as v from "valibot";
import { isUniqueViolation } from "../../db/constraint.ts";
import {
  createProtectedTag,
  deleteProtectedTag,
  findProtectedTag,
  listProtectedTags as loadProtectedTags,
  type ProjectPlace,
  type ProtectedTagRecord,
} from "../../db/protected-tags.ts";
import { holdersOf, type Level } from "../../domain/access/protected-level.ts";
import { rowNotFound } from "../../domain/fault.ts";
import { filledText, oneOfNumbers, optional, text } from "../../http/fields.ts";
import { operation, type OperationContext } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";
import { requireUnmodified } from "../../http/preconditions.ts";
import { deletedMeanwhile } from "../deleted-meanwhile.ts";
import { ProtectedTag, renderProtectedTag } from "../entities/protected-tag.ts";
import {
  alreadyProtected,
  entries,
  keyHolderFields,
  manageProjectRules,
  refuseImpossibleLevels,
  roleLevels,
  ruleAddress,
} from "../protected-refs.ts";

/** GET /projects/:id/protected_tags: the tag rules of a project, for maintainers (contract provisioning 10). */
export const listProtectedTags = operation({
  method: "GET",
  path: "/projects/:id/protected_tags",
  summary: "The tag rules of a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text(), ...pageFields }),
  answers: { 200: { description: "A page of rules", schema: v.array(ProtectedTag) } },
  faults: [301, 404, 405],
  async handle(c, params) {
    const page = pageOf(params);
    const { place } = await manageProjectRules(c, params.id);
    const { rows, total } = await loadProtectedTags(c.var.db, place, page);
    return respondPage(c, rows.map(renderProtectedTag), page, total);
  },
});

/** GET /projects/:id/protected_tags/:name: a rule by its exact name or pattern. */
export const showProtectedTag = operation({
  method: "GET",
  path: "/projects/:id/protected_tags/:name",
  summary: "A tag rule of a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.object(ruleAddress),
  answers: { 200: { description: "The rule", schema: ProtectedTag } },
  faults: [301, 404],
  async handle(c, params) {
    const { place } = await manageProjectRules(c, params.id);
    return c.json(renderProtectedTag(await findOrRefuse(c, place, params.name)));
  },
});

/**
 * POST /projects/:id/protected_tags: says who may create a tag, or the tags of a pattern (contract provisioning 10);
 * maintainers where nobody is named.
 *
 * 409 where there is a rule of this name, 422 where it would admit somebody whom the project does not know.
 */
export const protectTag = operation({
  method: "POST",
  path: "/projects/:id/protected_tags",
  summary: "Protect a tag, or the tags of a pattern",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({
    id: text(),
    name: filledText(),
    create_access_level: optional(oneOfNumbers(roleLevels)),
    allowed_to_create: entries(keyHolderFields),
  }),
  answers: { 201: { description: "The rule", schema: ProtectedTag } },
  faults: [404, 405, 409, 422],
  async handle(c, params) {
    const { place } = await manageProjectRules(c, params.id);
    const holders = holdersOf(params.create_access_level, params.allowed_to_create);
    const levels = holders.map((holder) => ({ ...holder, action: "create" as const }));
    await refuseImpossibleLevels(c, place, levels, { kind: "tag", name: params.name });
    return c.json(renderProtectedTag(await createOrRefuse(c, place, params.name, levels)), 201);
  },
});

/** DELETE /projects/:id/protected_tags/:name: takes a tag rule away. */
export const unprotectTag = operation({
  method: "DELETE",
  path: "/projects/:id/protected_tags/:name",
  summary: "Take a tag rule away",
  tags: ["provisioning"],
  caller: "user",
  params: v.object(ruleAddress),
  answers: { 204: { description: "Taken away" } },
  faults: [404, 405, 412],
  async handle(c, params) {
    const { place } = await manageProjectRules(c, params.id);
    const { tag } = await findOrRefuse(c, place, params.name);
    // Nothing changes a tag rule once it is made.
    requireUnmodified(c, tag.createdAt);
    if (!(await deleteProtectedTag(c.var.db, tag.id))) throw rowNotFound();
    return c.body(null, 204);
  },
});

type Context = OperationContext<"user">;

async function findOrRefuse(c: Context, place: ProjectPlace, name: string): Promise<ProtectedTagRecord> {
  const record = await findProtectedTag(c.var.db, place, name);
  if (record === null) throw rowNotFound();
  return record;
}

async function createOrRefuse(c: Context, place: ProjectPlace, name: string, levels: readonly Level[]) {
  try {
    return await createProtectedTag(c.var.db, place, name, levels);
  } catch (error) {
    if (isUniqueViolation(error, "protected_tags.project_id")) throw alreadyProtected({ kind: "tag", name });
    throw deletedMeanwhile(error);
  }
}
