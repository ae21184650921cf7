import * as v from "valibot";
import { recordAgentEvents } from "../../../db/agent-events.ts";
import { agentText, type AgentEvents, type Registration } from "../../../domain/agents/agent-events.ts";
import { uniqueUserNames } from "../../../domain/agents/usage.ts";
import { integer, longList, optional, text } from "../../../http/fields.ts";
import { hash } from "../../../http/hash.ts";
import { operation } from "../../../http/operation.ts";
import { kasBodyBytes } from "./limits.ts";

const told = v.pipe(
  v.nullish(text(), null),
  v.transform((value) => (value === null ? null : agentText(value))),
);

const UserEvent = v.pipe(
  v.object({ user_id: integer(), project_id: integer() }),
  v.transform((event) => ({ userId: event.user_id, projectId: event.project_id })),
);

const Telemetry = hash({ installation_method: told, helm_chart_version: told });

const RegistrationEvent = v.pipe(
  v.object({
    project_id: integer(),
    agent_id: integer(),
    agent_version: told,
    architecture: told,
    kubernetes_version: told,
    extra_telemetry_data: optional(Telemetry),
  }),
  v.transform((event): Registration => ({
    projectId: event.project_id,
    agentId: event.agent_id,
    agentVersion: event.agent_version,
    architecture: event.architecture,
    kubernetesVersion: event.kubernetes_version,
    installationMethod: event.extra_telemetry_data?.installation_method ?? null,
    helmChartVersion: event.extra_telemetry_data?.helm_chart_version ?? null,
  })),
);

const Events = v.pipe(
  hash({
    ...v.entriesFromList(uniqueUserNames, optional(longList(UserEvent))),
    register_agent_at_kas: optional(longList(RegistrationEvent)),
  }),
  v.transform(({ register_agent_at_kas: registrations = [], ...requests }): AgentEvents => ({
    requests: new Map(uniqueUserNames.map((name) => [name, requests[name] ?? []])),
    registrations,
  })),
);

/**
 * POST …/agent_events: who reached clusters through agents, and which agents connected to kas (contract kas 12). 400 for an
 * id that is no integer; what is told of projects that are not there is passed over.
 */
export const agentEvents = operation({
  method: "POST",
  path: "/internal/kubernetes/agent_events",
  summary: "Keeps what kas tells of agents",
  tags: ["kubernetes"],
  caller: "kas",
  limitBytes: kasBodyBytes,
  params: v.object({ events: optional(Events) }),
  answers: { 204: { description: "Kept" } },
  async handle(c, params) {
    if (params.events !== undefined) await recordAgentEvents(c.var.db, params.events, c.var.now);
    return c.body(null, 204);
  },
});
