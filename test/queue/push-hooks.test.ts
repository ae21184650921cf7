import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import * as schema from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { processPush } from "../../src/queue/jobs/push.ts";
import { acceptedPush, addHook, blank, deliveriesOf, linesOf, observed, payloadsOf, revision, runPush, urls } from "../setup/pushes.ts";
import { addGroup, addProject, addUser, db, setSettings, type Group, type Project } from "../setup/world.ts";

let ada: UserRow;
let group: Group;
let project: Project;
const by = (user: UserRow) => ({ identifier: `user-${user.id}` });
const [one, two, three] = [revision(1), revision(2), revision(3)];

beforeEach(async () => {
  await db.query.delete(schema.webHooks);
  await setSettings(null);
  ada = await addUser({ publicEmail: "ada@example.test" });
  group = await addGroup({ name: "Engines", defaultBranchProtection: 0 });
  project = await addProject(group, { name: "Engine" });
});

describe("web hooks (push.md 8)", () => {
  it("346 are told of a branch and of a tag, by the project, its groups and the instance", async () => {
    const parent = await addGroup();
    const child = await addGroup({ parent });
    const deep = await addProject(child);
    const hooks = [
      await addHook({ projectId: deep.id }, { tagPushEvents: true }),
      await addHook({ namespaceId: child.id }),
      await addHook({ namespaceId: parent.id }, { tagPushEvents: true }),
      await addHook("system", { pushEvents: false, tagPushEvents: true }),
    ];
    await addHook({ projectId: project.id }, { tagPushEvents: true });
    await addHook({ namespaceId: group.id }, { tagPushEvents: true });
    const ids = hooks.map(({ id }) => id);
    const push = acceptedPush(deep, { ...by(ada), changes: linesOf([blank, one, "refs/heads/main"], [blank, two, "refs/tags/v1"]) });
    const seen = await runPush(push);
    const deliveries = await deliveriesOf(push);
    const common = {
      state: "pending",
      attempts: 0,
      leasedUntil: null,
      instanceUrl: urls.external,
      idempotencyKey: expect.stringMatching(/^[0-9a-f-]{36}$/),
    };
    const ofBranch = { ...common, payloadKey: `${push.id}/0`, trigger: "push_hooks", notVerified: ["commits"] };
    const ofTag = { ...common, payloadKey: `${push.id}/1`, trigger: "tag_push_hooks", notVerified: ["commits", "tag"] };
    expect(deliveries).toMatchObject([
      { hookId: ids[0], ...ofBranch },
      { hookId: ids[1], ...ofBranch },
      { hookId: ids[2], ...ofBranch },
      { hookId: ids[0], ...ofTag },
      { hookId: ids[2], ...ofTag },
      { hookId: ids[3], ...ofTag },
    ]);
    expect(new Set(deliveries.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(6);
    expect(seen.sent).toEqual(deliveries.map(({ id }) => ({ kind: "deliver_hook", version: 1, delivery_id: id })));
  });

  it("369 370 374 376 get a body that tells of the project as the push leaves it", async () => {
    const full = await addProject(await addGroup({ name: "Engines" }), {
      name: "Engine",
      description: "It runs",
      visibility: "internal",
      attributes: { ci_config_path: "ci.yml" },
    });
    await db.query.insert(schema.protectedTags).values({ projectId: full.id, name: "v*" });
    await addHook({ projectId: full.id }, { tagPushEvents: true });
    const changes = linesOf(
      [blank, one, "refs/heads/trunk"],
      [blank, one, "refs/heads/free"],
      [blank, two, "refs/tags/v1"],
      [two, blank, "refs/tags/x"],
    );
    const push = acceptedPush(full, { ...by(ada), changes });
    await runPush(push);
    const bodies = (await payloadsOf(push)).map(({ text }) => JSON.parse(text) as Record<string, unknown>);
    expect(bodies[0]).toEqual({
      object_kind: "push",
      event_name: "push",
      before: blank,
      after: one,
      ref: "refs/heads/trunk",
      ref_protected: true,
      checkout_sha: one,
      message: null,
      user_id: ada.id,
      user_name: ada.name,
      user_username: ada.username,
      user_email: "ada@example.test",
      user_avatar: null,
      project_id: full.id,
      project: {
        id: full.id,
        name: "Engine",
        description: "It runs",
        web_url: `https://gitlab.example.test/${full.fullPath}`,
        avatar_url: null,
        git_ssh_url: `git@gitlab.example.test:${full.fullPath}.git`,
        git_http_url: `https://gitlab.example.test/${full.fullPath}.git`,
        namespace: "Engines",
        visibility_level: 10,
        path_with_namespace: full.fullPath,
        default_branch: "trunk",
        ci_config_path: "ci.yml",
        homepage: `https://gitlab.example.test/${full.fullPath}`,
        url: `git@gitlab.example.test:${full.fullPath}.git`,
        ssh_url: `git@gitlab.example.test:${full.fullPath}.git`,
        http_url: `https://gitlab.example.test/${full.fullPath}.git`,
      },
      commits: [],
      total_commits_count: 0,
      push_options: {},
      repository: {
        name: "Engine",
        url: `git@gitlab.example.test:${full.fullPath}.git`,
        description: "It runs",
        homepage: `https://gitlab.example.test/${full.fullPath}`,
        git_http_url: `https://gitlab.example.test/${full.fullPath}.git`,
        git_ssh_url: `git@gitlab.example.test:${full.fullPath}.git`,
        visibility_level: 10,
      },
    });
    expect(bodies.slice(1)).toMatchObject([
      { object_kind: "push", ref: "refs/heads/free", ref_protected: false },
      { object_kind: "tag_push", ref: "refs/tags/v1", ref_protected: true, checkout_sha: two },
      { object_kind: "tag_push", ref: "refs/tags/x", ref_protected: false, checkout_sha: null },
    ]);
  });

  it("call a ref protected by a rule of the top-level group too", async () => {
    await db.query.insert(schema.protectedBranches).values({ namespaceId: group.id, name: "release/*" });
    await addHook({ projectId: project.id });
    const push = acceptedPush(project, {
      ...by(ada),
      changes: linesOf([blank, one, "refs/heads/release/1"], [blank, one, "refs/heads/main"]),
    });
    await runPush(push);
    expect((await payloadsOf(push)).map(({ text }) => (JSON.parse(text) as { ref_protected: boolean }).ref_protected)).toEqual([
      true,
      false,
    ]);
  });

  it("get one body each of what their branch filters let through, and none is built that nobody hears of", async () => {
    const wildcard = await addHook({ projectId: project.id }, { pushEventsBranchFilter: "release/*" });
    const regex = await addHook({ projectId: project.id }, { pushEventsBranchFilter: "^rel.*2$", branchFilterStrategy: "regex" });
    await addHook({ projectId: project.id }, { pushEventsBranchFilter: "(", branchFilterStrategy: "regex" });
    await addHook({ projectId: project.id }, { failures: 40 });
    await addHook({ projectId: project.id }, { failures: 4, disabledUntil: new Date(Date.now() + 60_000) });
    const changes = linesOf([blank, one, "refs/heads/main"], [blank, one, "refs/heads/release/1"], [blank, one, "refs/heads/release/2"]);
    const push = acceptedPush(project, { ...by(ada), changes });
    await runPush(push);
    expect((await deliveriesOf(push)).map(({ hookId, payloadKey }) => [hookId, payloadKey])).toEqual([
      [wildcard.id, `${push.id}/1`],
      [wildcard.id, `${push.id}/2`],
      [regex.id, `${push.id}/2`],
    ]);
    expect((await payloadsOf(push)).map(({ key }) => key)).toEqual([`${push.id}/1`, `${push.id}/2`]);
  });

  it("hear nothing of a group of changes that is larger than push_event_hooks_limit; other groups are told", async () => {
    const hook = await addHook({ projectId: project.id }, { tagPushEvents: true });
    const many = ["a", "b", "c", "d"].map((name) => [blank, one, `refs/heads/${name}`] as const);
    const push = acceptedPush(project, { ...by(ada), changes: linesOf(...many, [one, two, "refs/heads/e"], [blank, one, "refs/tags/t"]) });
    await runPush(push);
    expect((await deliveriesOf(push)).map(({ hookId, payloadKey }) => [hookId, payloadKey])).toEqual([
      [hook.id, `${push.id}/4`],
      [hook.id, `${push.id}/5`],
    ]);
    await setSettings({ push_event_hooks_limit: 0 });
    const alone = acceptedPush(project, { ...by(ada), changes: linesOf([two, three, "refs/heads/e"]) });
    await runPush(alone);
    expect(await deliveriesOf(alone)).toEqual([]);
  });

  it.each([
    ["of branches and tags", linesOf([blank, one, "refs/heads/a"], [blank, one, "refs/notes/x"]), ["refs/heads/a"]],
    ["of other refs", linesOf([blank, one, "refs/merge-requests/1/head"]), []],
    ["of nothing", "", []],
  ])("of the instance are told once of a push %s", async (_, changes, refs) => {
    const hook = await addHook("system", { pushEvents: false, repositoryUpdateEvents: true });
    await addHook({ projectId: project.id }, { pushEvents: false, repositoryUpdateEvents: true });
    const push = acceptedPush(project, { ...by(ada), changes });
    await runPush(push);
    expect(await deliveriesOf(push)).toMatchObject([
      { hookId: hook.id, payloadKey: `${push.id}/repository_update`, trigger: "repository_update_hooks", notVerified: [] },
    ]);
    const [body] = await payloadsOf(push);
    expect(JSON.parse(body!.text)).toMatchObject({
      event_name: "repository_update",
      user_id: ada.id,
      user_email: ada.email,
      project_id: project.id,
      refs,
    });
  });

  it("are sent on their way in hundreds", async () => {
    await setSettings({ push_event_hooks_limit: 200 });
    await addHook({ projectId: project.id });
    const changes = linesOf(...Array.from({ length: 150 }, (_, index) => [blank, one, `refs/heads/b${index}`] as const));
    const push = acceptedPush(project, { ...by(ada), changes });
    const { seen, env } = observed();
    const sizes: number[] = [];
    const { sendBatch } = env.JOBS as { sendBatch: (messages: { body: unknown }[]) => Promise<unknown> };
    const JOBS = { sendBatch: (messages: { body: unknown }[]) => (sizes.push(messages.length), sendBatch(messages)) };
    await processPush({ ...env, JOBS } as unknown as Env, push, { superseded: new Set(), checkTime: () => {} });
    expect(sizes).toEqual([100, 50]);
    expect(new Set(seen.sent.map((job) => JSON.stringify(job))).size).toBe(150);
  });

  it("that were noted are sent by the next run where the queue refused them; those that are done are not", async () => {
    await addHook({ projectId: project.id });
    const push = acceptedPush(project, { ...by(ada), changes: linesOf([blank, one, "refs/heads/a"], [blank, one, "refs/heads/b"]) });
    await expect(runPush(push, { queueFails: true })).rejects.toThrow("The queue refused.");
    const [first, second] = await deliveriesOf(push);
    await db.query.update(schema.hookDeliveries).set({ state: "delivered" }).where(eq(schema.hookDeliveries.id, first!.id));
    expect((await runPush(push)).sent).toEqual([{ kind: "deliver_hook", version: 1, delivery_id: second!.id }]);
    expect(await deliveriesOf(push)).toHaveLength(2);
  });
});
