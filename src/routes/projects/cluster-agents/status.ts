import * as v from "valibot";
import { loadAgentStatus } from "../../../db/agent-status.ts";
import { AccessLevel, dayOf } from "../../../domain/identity/access-level.ts";
import { text } from "../../../http/fields.ts";
import { operation } from "../../../http/operation.ts";
import { AgentStatus, renderAgentStatus } from "../../entities/agent-status.ts";
import { seeProjectAs } from "../../places.ts";
import { agentIn, orNotFound } from "./find.ts";

/**
 * GET /projects/:id/cluster_agents/:agent_id/status: whether the agent is connected, what runs in its cluster, and what kas
 * last read in its configuration. Projects and groups that the caller may not see are left out of it.
 */
export const showAgentStatus = operation({
  method: "GET",
  path: "/projects/:id/cluster_agents/:agent_id/status",
  summary: "Whether a Kubernetes agent is connected, and whom its configuration lets in",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text(), agent_id: text() }),
  answers: { 200: { description: "How the agent is", schema: AgentStatus } },
  faults: [301, 404],
  async handle(c, params) {
    const { caller, db, now } = c.var;
    const seen = await seeProjectAs(c, caller, params.id, AccessLevel.developer);
    const status = await loadAgentStatus(db, agentIn(seen, params.agent_id), { reader: caller, today: dayOf(now) });
    return c.json(renderAgentStatus(orNotFound(status), now));
  },
});
