import * as v from "valibot";
import type { AgentRegistration, AgentStatus as Status, AuthorizedPlace } from "../../db/agent-status.ts";
import type { AuthorizedAccess } from "../../domain/agents/configuration.ts";
import { isConnected } from "../../domain/agents/token-use.ts";

const Registration = v.object({
  agent_version: v.nullable(v.string()),
  architecture: v.nullable(v.string()),
  kubernetes_version: v.nullable(v.string()),
  installation_method: v.nullable(v.string()),
  helm_chart_version: v.nullable(v.string()),
  registered_at: v.string(),
});

const config = v.record(v.string(), v.unknown());
const placeFields = {
  projects: v.array(v.object({ id: v.number(), path_with_namespace: v.string(), config })),
  groups: v.array(v.object({ id: v.number(), full_path: v.string(), config })),
};
const Places = v.object(placeFields);

/** How an agent is, and what kas last posted of its configuration. */
export const AgentStatus = v.object({
  connected: v.boolean(),
  last_used_at: v.nullable(v.string()),
  has_vulnerabilities: v.boolean(),
  registration: v.nullable(Registration),
  configured_at: v.nullable(v.string()),
  ci_access: Places,
  /** Null without a `user_access`; its `access_as` is null where it does not say as whom. */
  user_access: v.nullable(v.object({ access_as: v.nullable(v.picklist(["agent", "user", "several"])), ...placeFields })),
});

export function renderAgentStatus(status: Status, now: Date): v.InferOutput<typeof AgentStatus> {
  const { userAccess } = status;
  const accessAs = userAccess === "unstated" ? null : userAccess;
  return {
    connected: isConnected(status.lastUsedAt, now),
    last_used_at: status.lastUsedAt?.toISOString() ?? null,
    has_vulnerabilities: status.hasVulnerabilities,
    registration: status.registration === null ? null : renderRegistration(status.registration),
    configured_at: status.configuredAt?.toISOString() ?? null,
    ci_access: renderPlaces(status, "ci"),
    user_access: userAccess === null ? null : { access_as: accessAs, ...renderPlaces(status, "user") },
  };
}

function renderPlaces({ projects, groups }: Status, access: AuthorizedAccess): v.InferOutput<typeof Places> {
  const isMeant = (place: AuthorizedPlace) => place.access === access;
  return {
    projects: projects.filter(isMeant).map((place) => ({ id: place.id, path_with_namespace: place.fullPath, config: place.config })),
    groups: groups.filter(isMeant).map((place) => ({ id: place.id, full_path: place.fullPath, config: place.config })),
  };
}

function renderRegistration(registration: AgentRegistration): v.InferOutput<typeof Registration> {
  return {
    agent_version: registration.agentVersion,
    architecture: registration.architecture,
    kubernetes_version: registration.kubernetesVersion,
    installation_method: registration.installationMethod,
    helm_chart_version: registration.helmChartVersion,
    registered_at: registration.registeredAt.toISOString(),
  };
}
