import * as v from "valibot";
import { isUniqueViolation } from "../db/constraint.ts";
import {
  createMilestone,
  deleteMilestone,
  findMilestone,
  listMilestones,
  updateMilestone,
  type MilestoneRecord,
  type NewMilestone,
} from "../db/milestones.ts";
import { invalid, rowNotFound } from "../domain/fault.ts";
import { dayOf } from "../domain/identity/access-level.ts";
import { parseRowId } from "../domain/identity/row-id.ts";
import { milestoneErrors } from "../domain/labels/milestone.ts";
import { labelLevel } from "../domain/push/merge-request-rights.ts";
import { externalUrl, type AppContext } from "../http/context.ts";
import { atLeastOneOf, boolean, day, filledText, integer, list, oneOf, optional, text } from "../http/fields.ts";
import { operation, type Operation } from "../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../http/pagination.ts";
import { deletedMeanwhile } from "./deleted-meanwhile.ts";
import { Milestone, renderMilestone } from "./entities/milestone.ts";
import { itemsOfGroup, itemsOfProject, type ItemSource, type SeenItems } from "./item-source.ts";
import { requireLevel } from "./places.ts";

const ListParams = v.object({
  id: text(),
  iids: optional(list(integer())),
  state: optional(oneOf(["active", "closed", "all"])),
  title: optional(text()),
  search: optional(text()),
  include_ancestors: optional(boolean()),
  include_parent_milestones: optional(boolean()),
  ...pageFields,
});
const Address = v.object({ id: text(), milestone_id: text() });
/** `""` and null take a day away. */
const clearableDay = () => v.optional(v.nullable(day()));
const fields = { description: optional(text()), due_date: clearableDay(), start_date: clearableDay() };
const NewParams = v.object({ id: text(), title: filledText(), ...fields });
const ChangeParams = v.pipe(
  v.object({ ...Address.entries, title: optional(filledText()), state_event: optional(oneOf(["close", "activate"])), ...fields }),
  atLeastOneOf(["title", "description", "due_date", "start_date", "state_event"]),
);

const tags = ["provisioning"];
const answer = (description: string) => ({ description, schema: Milestone });

/** The calls on milestones of groups and projects, after the public API: merge requests are given them by push options. */
export const milestones: readonly Operation[] = [itemsOfProject, itemsOfGroup].flatMap((source) => [
  findMilestonesOf(source),
  showMilestoneOf(source),
  addMilestoneTo(source),
  changeMilestoneOf(source),
  removeMilestoneOf(source),
]);

/** GET …/milestones: those that are due first; those of the groups above with `include_ancestors`, formerly `include_parent_milestones`. */
function findMilestonesOf({ kind, path, faults, see }: ItemSource): Operation {
  return operation({
    method: "GET",
    path: `${path}/milestones`,
    summary: `The milestones of a ${kind}`,
    tags,
    caller: "anyone",
    params: ListParams,
    answers: { 200: { description: "The milestones", schema: v.array(Milestone) } },
    faults: [...faults.read, 405],
    async handle(c, params) {
      const page = pageOf(params);
      const { place } = await see(c, c.var.caller, params.id);
      const { iids, title, search } = params;
      const includesInherited = params.include_ancestors ?? params.include_parent_milestones ?? false;
      const state = params.state === "all" ? undefined : params.state;
      const { rows, total } = await listMilestones(c.var.db, place, { iids, state, title, search, includesInherited }, page);
      const shown = rows.map((row) => render(c, row));
      return respondPage(c, shown, page, total);
    },
  });
}

/** GET …/milestones/:milestone_id: one of the place's own. */
function showMilestoneOf({ kind, path, faults, see }: ItemSource): Operation {
  return operation({
    method: "GET",
    path: `${path}/milestones/:milestone_id`,
    summary: `A milestone of a ${kind}`,
    tags,
    caller: "anyone",
    params: Address,
    answers: { 200: answer("The milestone") },
    faults: faults.read,
    async handle(c, params) {
      const seen = await see(c, c.var.caller, params.id);
      return c.json(render(c, await findOrRefuse(c, seen, params.milestone_id)));
    },
  });
}

/** POST …/milestones: by planners and those above them. 400 by field where it cannot be, or its title is taken. */
function addMilestoneTo({ kind, path, faults, see }: ItemSource): Operation {
  return operation({
    method: "POST",
    path: `${path}/milestones`,
    summary: `Add a milestone to a ${kind}`,
    tags,
    caller: "user",
    params: NewParams,
    answers: { 201: answer("The milestone") },
    faults: [...faults.write, 409],
    async handle(c, params) {
      const seen = await see(c, c.var.caller, params.id);
      requireLevel(seen, labelLevel);
      const milestone: NewMilestone = {
        title: params.title.trim(),
        description: params.description ?? null,
        startDate: params.start_date ?? null,
        dueDate: params.due_date ?? null,
      };
      refuseInvalid(milestone);
      return c.json(render(c, await orTaken(() => createMilestone(c.var.db, seen.place, milestone, c.var.now))), 201);
    },
  });
}

/** PUT …/milestones/:milestone_id: what is not given stays. */
function changeMilestoneOf({ kind, path, faults, see }: ItemSource): Operation {
  return operation({
    method: "PUT",
    path: `${path}/milestones/:milestone_id`,
    summary: `Change a milestone of a ${kind}`,
    tags,
    caller: "user",
    params: ChangeParams,
    answers: { 200: answer("The milestone") },
    faults: [...faults.write, 409],
    async handle(c, params) {
      const seen = await see(c, c.var.caller, params.id);
      requireLevel(seen, labelLevel);
      const before = await findOrRefuse(c, seen, params.milestone_id);
      const changed = changedBy(before, params);
      refuseInvalid(changed);
      const after = await orTaken(() => updateMilestone(c.var.db, seen.place, before.id, changed, c.var.now));
      if (after === null) throw rowNotFound();
      return c.json(render(c, after));
    },
  });
}

/** DELETE …/milestones/:milestone_id: what had it has none. */
function removeMilestoneOf({ kind, path, faults, see }: ItemSource): Operation {
  return operation({
    method: "DELETE",
    path: `${path}/milestones/:milestone_id`,
    summary: `Take a milestone of a ${kind} away`,
    tags,
    caller: "user",
    params: Address,
    answers: { 204: { description: "Taken away" } },
    faults: faults.write,
    async handle(c, params) {
      const seen = await see(c, c.var.caller, params.id);
      requireLevel(seen, labelLevel);
      const { id } = await findOrRefuse(c, seen, params.milestone_id);
      if (!(await deleteMilestone(c.var.db, id))) throw rowNotFound();
      return c.body(null, 204);
    },
  });
}

const states = { close: "closed", activate: "active" } as const;

function changedBy(before: MilestoneRecord, params: v.InferOutput<typeof ChangeParams>) {
  return {
    title: params.title?.trim() ?? before.title,
    description: params.description ?? before.description,
    startDate: params.start_date === undefined ? before.startDate : params.start_date,
    dueDate: params.due_date === undefined ? before.dueDate : params.due_date,
    state: params.state_event === undefined ? before.state : states[params.state_event],
  };
}

function render(c: AppContext, milestone: MilestoneRecord): v.InferOutput<typeof Milestone> {
  return renderMilestone(milestone, externalUrl(c), dayOf(c.var.now));
}

function refuseInvalid(milestone: NewMilestone): void {
  const errors = milestoneErrors(milestone);
  if (Object.keys(errors).length > 0) throw invalid(errors);
}

async function findOrRefuse(c: AppContext, { place }: SeenItems, segment: string): Promise<MilestoneRecord> {
  const id = parseRowId(segment);
  const milestone = id === null ? null : await findMilestone(c.var.db, place, id);
  if (milestone === null) throw rowNotFound();
  return milestone;
}

async function orTaken<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isUniqueViolation(error, "milestones.")) throw invalid({ title: ["already being used for another group or project milestone."] });
    throw deletedMeanwhile(error);
  }
}
