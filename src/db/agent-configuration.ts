import { sql, type SQL } from "drizzle-orm";
import type { AgentConfiguration, ConfiguredPlace } from "../domain/agents/configuration.ts";
import { runBatchThen } from "./batch.ts";
import type { Db } from "./client.ts";
import { jsonChunks } from "./json-chunks.ts";
import { clusterAgents } from "./schema/index.ts";
import { valuesIn } from "./value-list.ts";

/**
 * Puts a configuration in the place of the one that an agent has, as a whole: of two at once one stays, and nothing of the
 * other. Places that are not there, or not under the root of the agent's project, are let in nowhere. False where there is
 * no such agent. Two round trips: what is named is looked up, then written.
 */
export async function replaceAgentConfiguration(
  db: Db,
  agentId: number,
  { userAccess, places }: AgentConfiguration,
  now: Date,
): Promise<boolean> {
  const ids = await findPlaces(db, agentId, places);
  if (ids === null) return false;
  const authorizations = places.flatMap((place) => authorizationOf(place, ids));
  const configured = await runBatchThen(
    db,
    [
      db.query.run(sql`
        delete from agent_authorizations
        where agent_id = ${agentId} and ${keyInSql} not in (${valuesIn(authorizations.map(keyOf))})`),
      ...[...jsonChunks(authorizations)].map((chunk) => upsert(db, agentId, chunk)),
    ],
    db.query
      .update(clusterAgents)
      .set({ userAccess, configuredAt: now })
      .where(sql`${clusterAgents.id} = ${agentId}`)
      .returning({ id: clusterAgents.id }),
  );
  return configured.length > 0;
}

/** What a full path (in lower case) is the path of. */
type PlaceIds = Map<string, { project_id: number | null; namespace_id: number | null }>;

interface PlaceRow {
  path: string;
  project_id: number | null;
  namespace_id: number | null;
}

/** What the places are, of those that the agent's configuration may let in; null where there is no such agent. */
async function findPlaces(db: Db, agentId: number, places: readonly ConfiguredPlace[]): Promise<PlaceIds | null> {
  const chunks = [...jsonChunks(new Set(places.map(({ path }) => path)))];
  const [agents, ...found] = await db.query.batch([
    db.query.all<{ id: number }>(sql`select id from cluster_agents where id = ${agentId}`),
    ...chunks.map((paths) => selectPlaces(db, agentId, paths)),
  ]);
  if (agents.length === 0) return null;
  return new Map(found.flat().map((row) => [row.path.toLowerCase(), row]));
}

/** The joins are crossed because SQLite would rather begin with all that lies under the root. */
function selectPlaces(db: Db, agentId: number, paths: string) {
  const root = sql`(
    select up.ancestor_id from cluster_agents a
    join projects p on p.id = a.project_id
    join namespace_ancestors up on up.namespace_id = p.namespace_id
    where a.id = ${agentId} order by up.depth desc limit 1)`;
  const isUnderRoot = (namespaceId: SQL) =>
    sql`exists (select 1 from namespace_ancestors up where up.namespace_id = ${namespaceId} and up.ancestor_id = ${root})`;
  return db.query.all<PlaceRow>(sql`
    select r.path, r.project_id, r.namespace_id
    from json_each(${paths}) named cross join routes r on r.path = named.value
    where ${isUnderRoot(sql`coalesce(r.namespace_id, (select namespace_id from projects where id = r.project_id))`)}
      and (r.namespace_id is null or (select kind from namespaces where id = r.namespace_id) = 'group')`);
}

/** A row of `agent_authorizations`, short of its agent; `config` is JSON. */
interface Authorization {
  access: ConfiguredPlace["access"];
  project: number | null;
  namespace: number | null;
  config: string;
}

/** None where the place is not there, or of the other kind than the configuration says. */
function authorizationOf({ access, kind, path, config }: ConfiguredPlace, ids: PlaceIds): Authorization[] {
  const found = ids.get(path);
  const project = kind === "project" ? (found?.project_id ?? null) : null;
  const namespace = kind === "group" ? (found?.namespace_id ?? null) : null;
  return project === null && namespace === null ? [] : [{ access, project, namespace, config: JSON.stringify(config) }];
}

const keyOf = ({ access, project, namespace }: Authorization) => `${access}/${project ?? ""}/${namespace ?? ""}`;
const keyInSql = sql`access || '/' || coalesce(project_id, '') || '/' || coalesce(namespace_id, '')`;

/** Writes the rows that are new or say something else. Of what is gone since it was looked up nothing is written. */
function upsert(db: Db, agentId: number, authorizations: string) {
  const change = sql`do update set config = excluded.config where config <> excluded.config`;
  return db.query.run(sql`
    insert into agent_authorizations (agent_id, access, project_id, namespace_id, config)
    select a.id, given.value ->> 'access', p.id, n.id, given.value ->> 'config'
    from json_each(${authorizations}) given cross join cluster_agents a on a.id = ${agentId}
      left join projects p on p.id = given.value ->> 'project'
      left join namespaces n on n.id = given.value ->> 'namespace'
    where p.id is not null or n.id is not null
    on conflict (agent_id, access, project_id) ${change}
    on conflict (agent_id, access, namespace_id) ${change}`);
}
