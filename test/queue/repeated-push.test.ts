import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import * as schema from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import type { AcceptedPush } from "../../src/domain/push/accepted-push.ts";
import { processPush } from "../../src/queue/jobs/push.ts";
import {
  acceptedPush,
  addHook,
  blank,
  branchRulesOf,
  deliveriesOf,
  eventsOf,
  linesOf,
  observed,
  payloadsOf,
  refsOf,
  revision,
  runPush,
  storedProject,
} from "../setup/pushes.ts";
import { addGroup, addProject, addUser, db, setSettings, type Group, type Project } from "../setup/world.ts";

let ada: UserRow;
let group: Group;
let project: Project;
const by = (user: UserRow) => ({ identifier: `user-${user.id}` });
const [one, two] = [revision(1), revision(2)];

beforeEach(async () => {
  await db.query.delete(schema.webHooks);
  await setSettings(null);
  ada = await addUser({ publicEmail: "ada@example.test" });
  group = await addGroup({ name: "Engines", defaultBranchProtection: 0 });
  project = await addProject(group, { name: "Engine" });
});

/** All rows that a push may write, without what is drawn by lot. */
async function rowsOf(push: AcceptedPush) {
  const { updatedAt: _, lastActivityAt: __, ...row } = await storedProject(project);
  return {
    refs: await refsOf(project),
    project: row,
    rules: await branchRulesOf(project),
    events: (await eventsOf(push)).map(({ id: _id, ...event }) => event),
    payloads: await payloadsOf(push),
    deliveries: (await deliveriesOf(push)).map(({ hookId, payloadKey, state }) => ({ hookId, payloadKey, state })),
    mergeRequests: await db.query.all(
      sql`select iid, state, head_sha, merged_at is null as open from merge_requests where target_project_id = ${project.id} order by iid`,
    ),
  };
}

describe("processing a push again (push.md 7.7)", () => {
  const changes = linesOf(
    [blank, one, "refs/heads/trunk"],
    [blank, two, "refs/heads/feature"],
    [one, blank, "refs/heads/old"],
    [blank, one, "refs/tags/v1"],
    [blank, one, "refs/tags/v2"],
  );
  const prepare = async () => {
    group = await addGroup({ defaultBranchProtection: 1 });
    project = await addProject(group);
    await addHook({ projectId: project.id }, { tagPushEvents: true });
    await addHook("system", { repositoryUpdateEvents: true });
    await setSettings({ push_event_activities_limit: 1 });
    await db.query.insert(schema.gitRefs).values({ projectId: project.id, name: "refs/heads/old", sha: one });
    await db.query.insert(schema.mergeRequests).values({
      targetProjectId: project.id,
      sourceProjectId: project.id,
      iid: 1,
      sourceBranch: "feature",
      targetBranch: "trunk",
      title: "t",
      createdAt: new Date(0),
      updatedAt: new Date(0),
    });
    return acceptedPush(project, { ...by(ada), changes });
  };

  it("changes nothing", async () => {
    const push = await prepare();
    const first = await runPush(push);
    const rows = await rowsOf(push);
    expect(rows).toMatchObject({ project: { isRepositoryEmpty: false, defaultBranch: "trunk" } });
    expect([rows.events.length, rows.deliveries.length, rows.rules.length]).toEqual([3, 9, 3]);
    const second = await runPush(push);
    expect(await rowsOf(push)).toEqual(rows);
    expect(second.sent).toEqual(first.sent);
  });

  it("comes to the same after a failure at any call to D1, or of the queue", async () => {
    const clean = await prepare();
    const { trips } = await runPush(clean);
    const shapeOf = async (push: AcceptedPush) => {
      const { deliveries, payloads, project: row, ...rest } = await rowsOf(push);
      const withoutIds = (key: string) => key.replace(push.id, "");
      return JSON.parse(
        JSON.stringify({
          ...rest,
          events: rest.events.map(({ projectId: _p, pushId: _i, createdAt: _c, ...event }) => event),
          project: { empty: row.isRepositoryEmpty, branch: row.defaultBranch },
          deliveries: deliveries.map(({ payloadKey }) => withoutIds(payloadKey)),
          payloads: payloads.map(({ key }) => withoutIds(key)),
        }),
      ) as unknown;
    };
    const expected = await shapeOf(clean);
    expect(trips).toBeGreaterThanOrEqual(4);
    for (let failsAt = 1; failsAt <= trips; failsAt += 1) {
      await db.query.delete(schema.webHooks);
      const push = await prepare();
      await expect(runPush(push, { failsAt })).rejects.toThrow("injected");
      await expect(runPush(push, { queueFails: true })).rejects.toThrow("The queue refused.");
      const last = await runPush(push);
      expect(await shapeOf(push), `failure at call ${failsAt}`).toEqual(expected);
      expect(last.sent).toHaveLength(9);
    }
  });

  it.each([
    [3, 10, 1],
    [10, 3, 4],
  ])("tells nothing twice where the limit of events was %i and is %i by now", async (before, after, events) => {
    await setSettings({ push_event_activities_limit: before });
    const refs = ["a", "b", "c", "d"].map((name) => [one, two, `refs/heads/${name}`] as const);
    const push = acceptedPush(project, { ...by(ada), changes: linesOf(...refs) });
    await runPush(push);
    const first = await eventsOf(push);
    expect(first).toHaveLength(events);
    await setSettings({ push_event_activities_limit: after });
    await runPush(push);
    expect(await eventsOf(push)).toEqual(first);
  });

  it("writes nothing once the run's time is over", async () => {
    const push = await prepare();
    const { env } = observed();
    const over = processPush(env, push, {
      superseded: new Set(),
      checkTime: () => {
        throw new Error("Not done in time.");
      },
    });
    await expect(over).rejects.toThrow("Not done in time.");
    expect(await refsOf(project)).toEqual({ "refs/heads/old": one });
    expect(await eventsOf(push)).toEqual([]);
  });

  it("leaves a rule as somebody made it at the same moment: the run fails, and the next one finds it", async () => {
    const push = await prepare();
    const { env } = observed();
    const session = (
      env.DB as unknown as { withSession(bookmark: string): { batch(statements: unknown[]): Promise<unknown> } }
    ).withSession("first-primary");
    let calls = 0;
    const batch = async (statements: unknown[]) => {
      calls += 1;
      if (calls === 2) await db.query.insert(schema.protectedBranches).values({ projectId: project.id, name: "trunk" });
      return session.batch(statements);
    };
    const DB = { withSession: () => ({ ...session, batch }) };
    await expect(processPush({ ...env, DB } as unknown as Env, push, { superseded: new Set(), checkTime: () => {} })).rejects.toThrow();
    await runPush(push);
    expect(await branchRulesOf(project)).toEqual(["trunk null null"]);
  });

  it("ends quietly where the project is deleted meanwhile", async () => {
    const push = acceptedPush({ id: project.id }, by(ada));
    await db.query.delete(schema.routes).where(eq(schema.routes.projectId, project.id));
    await db.query.delete(schema.projects).where(eq(schema.projects.id, project.id));
    await expect(runPush(push)).resolves.toMatchObject({ trips: 1, sent: [] });
  });
});

describe("round trips", () => {
  it("an ordinary push takes two, and a third where hooks are told", async () => {
    expect((await runPush(acceptedPush(project, by(ada)))).trips).toBe(2);
    await addHook({ projectId: project.id }, { tagPushEvents: true });
    await addHook({ namespaceId: group.id });
    await addHook("system", { repositoryUpdateEvents: true });
    const push = acceptedPush(project, { ...by(ada), changes: linesOf([one, two, "refs/heads/main"], [blank, one, "refs/tags/v1"]) });
    expect((await runPush(push)).trips).toBe(3);
    expect(await deliveriesOf(push)).toHaveLength(5);
  });

  it("a push that nobody hears of builds no body", async () => {
    await addHook({ projectId: project.id }, { pushEvents: false });
    const push = acceptedPush(project, by(ada));
    expect((await runPush(push)).trips).toBe(2);
    expect(await payloadsOf(push)).toEqual([]);
  });
});

describe("rows that are read", () => {
  /** Rows of others, of every kind that a push looks at. */
  async function addStrangers(): Promise<void> {
    const other = await addProject(await addGroup());
    const numbers = sql`json_each(${JSON.stringify(Array.from({ length: 300 }, (_, index) => index))})`;
    const now = Date.now();
    await db.query.batch([
      db.query.run(sql`insert into git_refs (project_id, name, sha) select ${other.id}, 'refs/heads/b' || value, ${one} from ${numbers}`),
      db.query.run(sql`
        insert into push_events (project_id, author_id, created_at, push_id, change_index, action, ref_type, ref)
        select ${other.id}, ${ada.id}, ${now}, 'push', value, 'created', 'branch', 'b' from ${numbers}`),
      db.query.run(sql`insert into web_hooks (kind, project_id, sealed) select 'project', ${other.id}, 'sealed' from ${numbers}`),
      db.query.run(sql`
        insert into merge_requests (target_project_id, source_project_id, iid, source_branch, target_branch, title)
        select ${other.id}, ${other.id}, value, 'b' || value, 'main', 't' from ${numbers}`),
      db.query.run(sql`insert into protected_branches (project_id, name) select ${other.id}, 'b' || value from ${numbers}`),
      db.query.run(sql`
        insert into hook_deliveries (hook_id, payload_key, trigger, idempotency_key, instance_url, created_at)
        select value, lower(hex(randomblob(16))) || '/0', 'push_hooks', 'key', 'url', ${now} from ${numbers}`),
      db.query.run(sql`
        insert into hook_payloads (key, part, text, created_at) select lower(hex(randomblob(16))) || '/0', 0, '{}', ${now} from ${numbers}`),
    ]);
  }

  it("are as many however much there is of others", async () => {
    await addHook({ projectId: project.id });
    await addHook({ namespaceId: group.id });
    const read = async () => {
      const here = await addProject(group);
      await addHook({ projectId: here.id });
      const changes = linesOf([blank, one, "refs/heads/main"], [blank, one, "refs/heads/a"]);
      const { rowsRead: created } = await runPush(acceptedPush(here, { ...by(ada), changes }));
      const { rowsRead: deleted } = await runPush(acceptedPush(here, { ...by(ada), changes: linesOf([one, blank, "refs/heads/main"]) }));
      return [created, deleted];
    };
    const [created = 0, deleted = 0] = await read();
    await addStrangers();
    // A range that is read to its end looks at the row behind it.
    const neighbours = 5;
    const [createdNow, deletedNow] = await read();
    expect(createdNow).toBeLessThanOrEqual(created + neighbours);
    expect(deletedNow).toBeLessThanOrEqual(deleted + neighbours);
  });
});

describe("a push of 100,000 refs", () => {
  const count = 100_000;
  const text = Array.from(
    { length: count },
    (_, index) => `${blank} ${revision(index)} refs/heads/group-of-branches/branch-${index}\n`,
  ).join("");

  it(
    "stores every ref, records one event, and tells system hooks in parts, in a bounded number of round trips",
    { timeout: 60_000 },
    async () => {
      await addHook({ projectId: project.id });
      await addHook("system", { pushEvents: false, repositoryUpdateEvents: true });
      const push = acceptedPush(project, { ...by(ada), changes: text });
      const seen = await runPush(push);
      const [refs] = await db.query.all<{ total: number; shas: number }>(sql`
      select count(*) as total, count(distinct sha) as shas from git_refs where project_id = ${project.id}`);
      expect(refs).toEqual({ total: count, shas: count });
      expect(await eventsOf(push)).toMatchObject([{ changeIndex: 0, action: "created", refCount: count }]);
      expect(await storedProject(project)).toMatchObject({ isRepositoryEmpty: false, defaultBranch: "group-of-branches/branch-0" });
      expect(await deliveriesOf(push)).toMatchObject([{ payloadKey: `${push.id}/repository_update` }]);
      const parts = await payloadsOf(push);
      const body = JSON.parse(parts.map(({ text: part }) => part).join("")) as { changes: unknown[]; refs: unknown[] };
      expect([body.changes.length, body.refs.length]).toEqual([count, count]);
      expect(parts.map(({ part }) => part)).toEqual(parts.map((_, index) => index));
      expect(seen.trips).toBeLessThan(30);
      await runPush(acceptedPush(project, { ...by(ada), changes: text.replaceAll(/^(\S+) (\S+) /gm, "$2 $1 ") }));
      expect(await refsOf(project)).toEqual({});
      expect((await storedProject(project)).isRepositoryEmpty).toBe(true);
    },
  );

  it("is cut into statements that D1 takes, also where each change is an event and a body of its own", { timeout: 60_000 }, async () => {
    await setSettings({ push_event_activities_limit: 1_000_000, push_event_hooks_limit: 1_000_000 });
    await addHook({ projectId: project.id });
    const some = text.slice(0, text.indexOf("branch-5000\n") + "branch-5000\n".length);
    const push = acceptedPush(project, { ...by(ada), changes: some });
    const seen = await runPush(push);
    const [rows] = await db.query.all<Record<string, number>>(sql`
      select (select count(*) from push_events where push_id = ${push.id}) as events,
        (select count(*) from hook_deliveries where payload_key like ${`${push.id}/%`}) as deliveries,
        (select count(*) from hook_payloads where key like ${`${push.id}/%`}) as payloads`);
    expect(rows).toEqual({ events: 5001, deliveries: 5001, payloads: 5001 });
    expect(seen.sent).toHaveLength(5001);
    expect(seen.trips).toBeLessThan(20);
  });
});
