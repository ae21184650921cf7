import * as v from "valibot";
import { isUniqueViolation } from "../db/constraint.ts";
import { createLabel, deleteLabel, findLabel, listLabels, updateLabel, type LabelRecord, type LabelReference } from "../db/labels.ts";
import { conflict, invalid, notFound } from "../domain/fault.ts";
import { fullColor, labelErrors } from "../domain/labels/label.ts";
import { labelLevel } from "../domain/push/merge-request-rights.ts";
import type { AppContext } from "../http/context.ts";
import { boolean, filledText, optional, text } from "../http/fields.ts";
import { operation, type Operation } from "../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../http/pagination.ts";
import { deletedMeanwhile } from "./deleted-meanwhile.ts";
import { Label, renderLabel } from "./entities/label.ts";
import { itemsOfGroup, itemsOfProject, type ItemSource, type SeenItems } from "./item-source.ts";
import { labelInParams, labelInPath, labelOfSegment, type LabelForm } from "./label-params.ts";
import { requireLevel } from "./places.ts";

const ListParams = v.object({
  id: text(),
  search: optional(text()),
  with_counts: optional(boolean()),
  include_ancestor_groups: optional(boolean()),
  ...pageFields,
});
const ShowParams = v.object({ id: text(), label_id: text(), include_ancestor_groups: optional(boolean()) });
const NewParams = v.object({ id: text(), name: filledText(), color: filledText(), description: optional(text()) });

const tags = ["provisioning"];
const answer = (description: string) => ({ description, schema: Label });

/** The calls on labels of groups and projects, after the public API: merge requests are given them by push options. */
export const labels: readonly Operation[] = [itemsOfProject, itemsOfGroup].flatMap((source) => [
  findLabelsOf(source),
  showLabelOf(source),
  addLabelTo(source),
  ...[labelInPath, labelInParams].flatMap((form) => [changeLabelOf(source, form), removeLabelOf(source, form)]),
]);

/** GET …/labels: by name, with those of the groups above unless `include_ancestor_groups` is off. */
function findLabelsOf({ kind, path, faults, see }: ItemSource): Operation {
  return operation({
    method: "GET",
    path: `${path}/labels`,
    summary: `The labels of a ${kind}`,
    tags,
    caller: "anyone",
    params: ListParams,
    answers: { 200: { description: "The labels, by name", schema: v.array(Label) } },
    faults: [...faults.read, 405],
    async handle(c, params) {
      const page = pageOf(params);
      const { place } = await see(c, c.var.caller, params.id);
      const withCounts = params.with_counts ?? false;
      const filter = { search: params.search, includesInherited: params.include_ancestor_groups ?? true, withCounts };
      const { rows, total } = await listLabels(c.var.db, place, filter, page);
      const shown = rows.map((row) => renderLabel(row, withCounts));
      return respondPage(c, shown, page, total);
    },
  });
}

/** GET …/labels/:label_id: by id or name. */
function showLabelOf({ kind, path, faults, see }: ItemSource): Operation {
  return operation({
    method: "GET",
    path: `${path}/labels/:label_id`,
    summary: `A label of a ${kind}`,
    tags,
    caller: "anyone",
    params: ShowParams,
    answers: { 200: answer("The label") },
    faults: faults.read,
    async handle(c, params) {
      const seen = await see(c, c.var.caller, params.id);
      const label = labelOfSegment(params.label_id);
      return c.json(renderLabel(await findOrRefuse(c, seen, label, params.include_ancestor_groups ?? true), true));
    },
  });
}

/** POST …/labels: by planners and those above them. 409 where there is one of this name, be it of a group above. */
function addLabelTo({ kind, path, faults, see }: ItemSource): Operation {
  return operation({
    method: "POST",
    path: `${path}/labels`,
    summary: `Add a label to a ${kind}`,
    tags,
    caller: "user",
    params: NewParams,
    answers: { 201: answer("The label") },
    faults: [...faults.write, 409],
    async handle(c, params) {
      const seen = await see(c, c.var.caller, params.id);
      requireLevel(seen, labelLevel);
      const label = { name: params.name.trim(), color: params.color, description: params.description };
      refuseInvalid(label);
      if ((await findLabel(c.var.db, seen.place, { id: null, name: label.name }, true)) !== null) throw conflict("Label already exists");
      try {
        const values = { ...label, color: fullColor(label.color), description: label.description ?? null };
        const created = await createLabel(c.var.db, seen.place, values, c.var.now);
        return c.json(renderLabel(created, true), 201);
      } catch (error) {
        if (isUniqueViolation(error, "labels.")) throw conflict("Label already exists");
        throw deletedMeanwhile(error);
      }
    },
  });
}

/** PUT …/labels/:label_id, and as older clients do …/labels: one of the place's own. */
function changeLabelOf({ kind, path, faults, see }: ItemSource, form: LabelForm): Operation {
  return operation({
    method: "PUT",
    path: `${path}${form.path}`,
    summary: `Change a label of a ${kind}${form.remark}`,
    tags,
    caller: "user",
    params: form.changed,
    answers: { 200: answer("The label") },
    faults: faults.write,
    async handle(c, params) {
      const seen = await see(c, c.var.caller, params.id);
      requireLevel(seen, labelLevel);
      const { id } = await findOrRefuse(c, seen, params.label, false);
      const changes = { name: params.new_name?.trim(), color: params.color, description: params.description };
      refuseInvalid(changes);
      const color = changes.color === undefined ? undefined : fullColor(changes.color);
      return c.json(renderLabel(await changeOrRefuse(c, seen, id, { ...changes, color }), true));
    },
  });
}

/** DELETE …/labels/:label_id, and as older clients do …/labels: one of the place's own, wherever it is used. */
function removeLabelOf({ kind, path, faults, see }: ItemSource, form: LabelForm): Operation {
  return operation({
    method: "DELETE",
    path: `${path}${form.path}`,
    summary: `Take a label of a ${kind} away${form.remark}`,
    tags,
    caller: "user",
    params: form.named,
    answers: { 204: { description: "Taken away" } },
    faults: faults.write,
    async handle(c, params) {
      const seen = await see(c, c.var.caller, params.id);
      requireLevel(seen, labelLevel);
      const { id } = await findOrRefuse(c, seen, params.label, false);
      if (!(await deleteLabel(c.var.db, id))) throw notFound("Label");
      return c.body(null, 204);
    },
  });
}

function refuseInvalid(label: Parameters<typeof labelErrors>[0]): void {
  const errors = labelErrors(label);
  if (Object.keys(errors).length > 0) throw invalid(errors);
}

async function findOrRefuse(c: AppContext, { place }: SeenItems, label: LabelReference, includesInherited: boolean): Promise<LabelRecord> {
  const found = await findLabel(c.var.db, place, label, includesInherited);
  if (found === null) throw notFound("Label");
  return found;
}

async function changeOrRefuse(c: AppContext, { place }: SeenItems, id: number, changes: Parameters<typeof updateLabel>[3]) {
  try {
    const label = await updateLabel(c.var.db, place, id, changes, c.var.now);
    if (label === null) throw notFound("Label");
    return label;
  } catch (error) {
    if (isUniqueViolation(error, "labels.")) throw invalid({ title: ["has already been taken"] });
    throw error;
  }
}
