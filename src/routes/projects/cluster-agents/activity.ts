import * as v from "valibot";
import { listAgentActivity } from "../../../db/agent-activity.ts";
import { keptActivitySince } from "../../../domain/agents/activity.ts";
import { AccessLevel } from "../../../domain/identity/access-level.ts";
import { text } from "../../../http/fields.ts";
import { operation } from "../../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../../http/pagination.ts";
import { AgentActivity, renderAgentActivity } from "../../entities/agent-activity.ts";
import { seeProjectAs } from "../../places.ts";
import { agentIn, orNotFound } from "./find.ts";

/**
 * GET /projects/:id/cluster_agents/:agent_id/activity_events: tokens that were made and revoked, and by whom, and when the
 * agent came after it was away, of the last week.
 */
export const findAgentActivity = operation({
  method: "GET",
  path: "/projects/:id/cluster_agents/:agent_id/activity_events",
  summary: "What happened to a Kubernetes agent in the last week",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text(), agent_id: text(), ...pageFields }),
  answers: { 200: { description: "The events, newest first", schema: v.array(AgentActivity) } },
  faults: [301, 404, 405],
  async handle(c, params) {
    const page = pageOf(params);
    const seen = await seeProjectAs(c, c.var.caller, params.id, AccessLevel.developer);
    const since = keptActivitySince(c.var.now);
    const { rows, total } = orNotFound(await listAgentActivity(c.var.db, agentIn(seen, params.agent_id), since, page));
    return respondPage(c, rows.map(renderAgentActivity), page, total);
  },
});
