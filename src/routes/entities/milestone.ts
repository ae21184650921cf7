import * as v from "valibot";
import type { MilestoneRecord } from "../../db/milestones.ts";

/** A milestone of a project, which has `project_id`, or of a group, which has `group_id`. */
export const Milestone = v.object({
  id: v.number(),
  iid: v.number(),
  project_id: v.optional(v.number()),
  group_id: v.optional(v.number()),
  title: v.string(),
  description: v.nullable(v.string()),
  state: v.string(),
  created_at: v.string(),
  updated_at: v.string(),
  /** Days, `YYYY-MM-DD`. */
  due_date: v.nullable(v.string()),
  start_date: v.nullable(v.string()),
  expired: v.boolean(),
  web_url: v.string(),
});

/** `base`: the external URL; `today`: the day by which it is expired or not. */
export function renderMilestone(milestone: MilestoneRecord, base: string, today: string): v.InferOutput<typeof Milestone> {
  const { projectId, namespaceId, dueDate, iid, fullPath } = milestone;
  return {
    id: milestone.id,
    iid,
    ...(projectId === null ? {} : { project_id: projectId }),
    ...(namespaceId === null ? {} : { group_id: namespaceId }),
    title: milestone.title,
    description: milestone.description,
    state: milestone.state,
    created_at: milestone.createdAt.toISOString(),
    updated_at: milestone.updatedAt.toISOString(),
    due_date: dueDate,
    start_date: milestone.startDate,
    expired: dueDate !== null && dueDate < today,
    web_url: projectId === null ? `${base}/groups/${fullPath}/-/milestones/${iid}` : `${base}/${fullPath}/-/milestones/${iid}`,
  };
}
