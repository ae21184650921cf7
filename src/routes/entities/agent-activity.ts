import * as v from "valibot";
import type { ActivityRecord } from "../../db/agent-activity.ts";
import { activityKinds } from "../../domain/agents/activity.ts";

/** Something that happened to an agent. */
export const AgentActivity = v.object({
  id: v.number(),
  kind: v.picklist(activityKinds),
  level: v.literal("info"),
  recorded_at: v.string(),
  agent_token: v.nullable(v.object({ id: v.number(), name: v.string() })),
  user: v.nullable(v.object({ id: v.number(), username: v.string(), name: v.string() })),
});

export function renderAgentActivity({ id, kind, recordedAt, token, user }: ActivityRecord): v.InferOutput<typeof AgentActivity> {
  return { id, kind, level: "info", recorded_at: recordedAt.toISOString(), agent_token: token, user };
}
