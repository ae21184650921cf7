import * as v from "valibot";
import type { LabelRecord } from "../../db/labels.ts";
import { textColorOn } from "../../domain/labels/label.ts";

/** A label of a project or group. */
export const Label = v.object({
  id: v.number(),
  name: v.string(),
  description: v.nullable(v.string()),
  description_html: v.string(),
  text_color: v.string(),
  color: v.string(),
  archived: v.boolean(),
  open_issues_count: v.optional(v.number()),
  closed_issues_count: v.optional(v.number()),
  open_merge_requests_count: v.optional(v.number()),
  subscribed: v.boolean(),
  priority: v.null(),
  is_project_label: v.boolean(),
});

export function renderLabel(label: LabelRecord, withCounts: boolean): v.InferOutput<typeof Label> {
  const counts = { open_issues_count: 0, closed_issues_count: 0, open_merge_requests_count: label.openMergeRequests };
  return {
    id: label.id,
    name: label.name,
    description: label.description,
    description_html: "",
    text_color: textColorOn(label.color),
    color: label.color,
    archived: false,
    ...(withCounts ? counts : {}),
    subscribed: false,
    priority: null,
    is_project_label: label.projectId !== null,
  };
}
