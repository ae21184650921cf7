import { sql } from "drizzle-orm";
import type { ActivityKind } from "../domain/agents/activity.ts";
import { selectAgentId, type AgentReference } from "./agents.ts";
import type { Db } from "./client.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";

/** What happened to an agent; without the token or user that is gone. */
export interface ActivityRecord {
  id: number;
  kind: ActivityKind;
  recordedAt: Date;
  token: { id: number; name: string } | null;
  user: { id: number; username: string; name: string } | null;
}

interface ActivityRow {
  id: number;
  kind: ActivityKind;
  recorded_at: number;
  token_json: string | null;
  user_json: string | null;
}

/** A page of what happened to an agent since then, newest first; null where there is no such agent. One round trip. */
export async function listAgentActivity(
  db: Db,
  agent: AgentReference,
  since: Date,
  page: PageRange,
): Promise<ListPage<ActivityRecord> | null> {
  const happened = sql`agent_activity_events e where e.agent_id = ${agent.id} and e.recorded_at >= ${since.getTime()}`;
  const [agents, rows, counted] = await db.query.batch([
    selectAgentId(db, agent),
    db.query.all<ActivityRow>(sql`
      select e.id, e.kind, e.recorded_at,
        (select json_object('id', t.id, 'name', t.name) from cluster_agent_tokens t where t.id = e.token_id) as token_json,
        (select json_object('id', u.id, 'username', u.username, 'name', u.name) from users u where u.id = e.user_id) as user_json
      from ${happened} order by e.id desc limit ${page.size + 1} offset ${page.offset}`),
    countRows(db, sql`select e.id from ${happened}`),
  ]);
  return agents.length === 0 ? null : toPage(rows.map(toActivity), counted, page);
}

function toActivity({ token_json: token, user_json: user, recorded_at: recordedAt, ...row }: ActivityRow): ActivityRecord {
  return {
    ...row,
    recordedAt: new Date(recordedAt),
    token: token === null ? null : (JSON.parse(token) as ActivityRecord["token"]),
    user: user === null ? null : (JSON.parse(user) as ActivityRecord["user"]),
  };
}

/** Forgets at most `limit` events from before then; how many it were. */
export async function forgetAgentActivity(db: Db, before: Date, limit: number): Promise<number> {
  const { meta } = await db.query.run(sql`
    delete from agent_activity_events where rowid in (
      select rowid from agent_activity_events where recorded_at < ${before.getTime()} order by recorded_at limit ${limit})`);
  return meta.changes;
}
