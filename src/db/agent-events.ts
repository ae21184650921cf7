import { sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { AgentEvents, Registration, UserEvent } from "../domain/agents/agent-events.ts";
import type { UniqueUserName } from "../domain/agents/usage.ts";
import { runBatch } from "./batch.ts";
import type { Db } from "./client.ts";
import { jsonChunks } from "./json-chunks.ts";

/**
 * Keeps what kas told of agents, all of it or nothing, in one round trip. An event of a project that is not there, or of
 * an agent that is not the project's, leaves nothing behind.
 */
export async function recordAgentEvents(db: Db, { requests, registrations }: AgentEvents, now: Date): Promise<void> {
  await runBatch(db, [
    ...[...requests].flatMap(([name, events]) => [...addUsers(db, name, events)]),
    ...recordRegistrations(db, registrations, now),
  ]);
}

function* addUsers(db: Db, name: UniqueUserName, events: readonly UserEvent[]): Generator<BatchItem<"sqlite">> {
  for (const chunk of jsonChunks(events.map(({ userId, projectId }) => [userId, projectId]))) {
    yield db.query.run(sql`
      insert into usage_unique_values (name, value)
      select ${name}, value ->> 0 from json_each(${chunk}) where exists (select 1 from projects p where p.id = value ->> 1)
      on conflict do nothing`);
  }
}

/** In the order in which they are told: of an agent that registered more than once the last one stays. */
function* recordRegistrations(db: Db, registrations: readonly Registration[], now: Date): Generator<BatchItem<"sqlite">> {
  for (const chunk of jsonChunks(registrations.map(toList))) {
    yield db.query.run(sql`
      insert into agent_registrations (
        agent_id, agent_version, architecture, kubernetes_version, installation_method, helm_chart_version, registered_at)
      select a.id, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, ${now.getTime()}
      from json_each(${chunk}) cross join cluster_agents a on a.id = value ->> 0 and a.project_id = value ->> 1
      where true
      on conflict (agent_id) do update set
        agent_version = excluded.agent_version, architecture = excluded.architecture,
        kubernetes_version = excluded.kubernetes_version, installation_method = excluded.installation_method,
        helm_chart_version = excluded.helm_chart_version, registered_at = excluded.registered_at`);
  }
}

function toList(told: Registration): (number | string | null)[] {
  return [
    told.agentId,
    told.projectId,
    told.agentVersion,
    told.architecture,
    told.kubernetesVersion,
    told.installationMethod,
    told.helmChartVersion,
  ];
}
