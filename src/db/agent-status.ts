import { sql, type SQL } from "drizzle-orm";
import type { AuthorizedAccess, UserAccessKind } from "../domain/agents/configuration.ts";
import type { JsonObject } from "../domain/json-object.ts";
import type { AgentReference } from "./agents.ts";
import type { Db } from "./client.ts";
import { toDate, type Flag } from "./facts/rows.ts";
import { visibleTo, type Reading } from "./visible.ts";

/** What kas last told of an agent's software. */
export interface AgentRegistration {
  agentVersion: string | null;
  architecture: string | null;
  kubernetesVersion: string | null;
  installationMethod: string | null;
  helmChartVersion: string | null;
  registeredAt: Date;
}

/** A project or group that the agent's configuration lets in, and what it says of it besides. */
export interface AuthorizedPlace {
  access: AuthorizedAccess;
  id: number;
  fullPath: string;
  config: JsonObject;
}

/** What is known of an agent besides what it was registered with. */
export interface AgentStatus {
  /** Of its active tokens. */
  lastUsedAt: Date | null;
  hasVulnerabilities: boolean;
  registration: AgentRegistration | null;
  configuredAt: Date | null;
  userAccess: UserAccessKind | null;
  projects: AuthorizedPlace[];
  groups: AuthorizedPlace[];
}

interface StatusRow {
  last_used_at: number | null;
  has_vulnerabilities: Flag;
  configured_at: number | null;
  user_access: UserAccessKind | null;
  agent_version: string | null;
  architecture: string | null;
  kubernetes_version: string | null;
  installation_method: string | null;
  helm_chart_version: string | null;
  registered_at: number | null;
}

interface PlaceRow {
  access: AuthorizedAccess;
  id: number;
  full_path: string;
  config: string;
}

/**
 * How an agent is, with those of its projects and groups that the reader may see, by their paths; null where there is no
 * such agent. One round trip.
 */
export async function loadAgentStatus(db: Db, agent: AgentReference, reading: Reading): Promise<AgentStatus | null> {
  const project = { visibility: sql`p.visibility`, project: sql`p.id`, namespace: sql`p.namespace_id` };
  const group = { visibility: sql`n.visibility`, project: sql`null`, namespace: sql`n.id` };
  const [[row], projects, groups] = await db.query.batch([
    selectStatus(db, agent),
    selectPlaces(db, agent, sql`projects p on p.id = z.project_id cross join routes r on r.project_id = p.id`, visibleTo(reading, project)),
    selectPlaces(
      db,
      agent,
      sql`namespaces n on n.id = z.namespace_id cross join routes r on r.namespace_id = n.id`,
      visibleTo(reading, group),
    ),
  ]);
  if (row === undefined) return null;
  return {
    lastUsedAt: toDate(row.last_used_at),
    hasVulnerabilities: row.has_vulnerabilities === 1,
    registration: toRegistration(row),
    configuredAt: toDate(row.configured_at),
    userAccess: row.user_access,
    projects: projects.map(toPlace),
    groups: groups.map(toPlace),
  };
}

function selectStatus(db: Db, { id, projectId }: AgentReference) {
  return db.query.all<StatusRow>(sql`
    select
      (select max(t.last_used_at) from cluster_agent_tokens t where t.agent_id = a.id and t.status = 'active') as last_used_at,
      exists (select 1 from vulnerabilities v where v.agent_id = a.id) as has_vulnerabilities,
      a.configured_at, a.user_access, g.agent_version, g.architecture, g.kubernetes_version, g.installation_method,
      g.helm_chart_version, g.registered_at
    from cluster_agents a left join agent_registrations g on g.agent_id = a.id
    where a.id = ${id} and a.project_id = ${projectId}`);
}

/** The joins are crossed because SQLite would begin with whatever else has an index. */
function selectPlaces(db: Db, { id, projectId }: AgentReference, places: SQL, isSeen: SQL) {
  return db.query.all<PlaceRow>(sql`
    select z.access, coalesce(z.project_id, z.namespace_id) as id, r.path as full_path, z.config
    from cluster_agents a cross join agent_authorizations z on z.agent_id = a.id cross join ${places}
    where a.id = ${id} and a.project_id = ${projectId} and ${isSeen}
    order by r.path`);
}

function toPlace({ full_path: fullPath, config, ...row }: PlaceRow): AuthorizedPlace {
  return { ...row, fullPath, config: JSON.parse(config) as JsonObject };
}

function toRegistration(row: StatusRow): AgentRegistration | null {
  if (row.registered_at === null) return null;
  return {
    agentVersion: row.agent_version,
    architecture: row.architecture,
    kubernetesVersion: row.kubernetes_version,
    installationMethod: row.installation_method,
    helmChartVersion: row.helm_chart_version,
    registeredAt: new Date(row.registered_at),
  };
}
