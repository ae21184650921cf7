import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { forgetAgentActivity } from "../../src/db/agent-activity.ts";
import { openDb } from "../../src/db/client.ts";
import { forgetOldAgentActivity } from "../../src/schedule/forget-agent-activity.ts";
import { runHourly } from "../../src/schedule/hourly.ts";
import { addAgent, addGroup, addProject, db } from "../setup/world.ts";

const now = new Date("2026-05-01T12:00:00Z");
const weekAgo = now.getTime() - 7 * 86_400_000;

it("what happened to agents is forgotten after a week, however much it is", async () => {
  const { agent } = await addAgent(await addProject(await addGroup()));
  const add = (count: number, at: number) =>
    db.query.run(sql`
      insert into agent_activity_events (agent_id, kind, recorded_at)
      select ${agent.id}, 'agent_connected', ${at} from json_each(${JSON.stringify(Array(count).fill(0))})`);
  const left = async () =>
    (await db.query.all<{ at: number }>(sql`select distinct recorded_at as at from agent_activity_events order by 1`)).map(({ at }) => at);
  await add(2300, weekAgo - 1);
  await add(2, weekAgo);
  await add(1, weekAgo + 1);
  await forgetOldAgentActivity(env, now);
  expect(await left()).toEqual([weekAgo, weekAgo + 1]);
  await runHourly(env, new Date(now.getTime() + 1));
  expect(await left()).toEqual([weekAgo + 1]);
  await add(2000, now.getTime());
  const watched = openDb(env.DB);
  expect(await forgetAgentActivity(watched, new Date(weekAgo), 10)).toBe(0);
  expect(watched.meter.rowsRead).toBeLessThan(10);
});
