import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as schema from "../../src/db/schema/index.ts";
import { parsePushReport } from "../../src/domain/push/push-report.ts";
import type { UserRow } from "../../src/db/users.ts";
import type { AcceptedPush } from "../../src/domain/push/accepted-push.ts";
import {
  acceptedPush,
  addHook,
  blank,
  branchRulesOf,
  deliveriesOf,
  eventsOf,
  linesOf,
  payloadsOf,
  refsOf,
  revision,
  runPush,
  storedProject,
} from "../setup/pushes.ts";
import { addDeployKey, addGroup, addKey, addProject, addUser, db, setSettings, type Group, type Project } from "../setup/world.ts";

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

describe("stored refs (push.md 7.7)", () => {
  it("follow a push by its new revisions: branches and tags, created, moved and deleted", async () => {
    await runPush(
      acceptedPush(project, {
        ...by(ada),
        changes: linesOf([blank, one, "refs/heads/main"], [blank, two, "refs/tags/v1"], [blank, one, "refs/heads/a/b"]),
      }),
    );
    expect(await refsOf(project)).toEqual({ "refs/heads/main": one, "refs/tags/v1": two, "refs/heads/a/b": one });
    await runPush(acceptedPush(project, { ...by(ada), changes: linesOf([one, three, "refs/heads/main"], [two, blank, "refs/tags/v1"]) }));
    expect(await refsOf(project)).toEqual({ "refs/heads/main": three, "refs/heads/a/b": one });
  });

  it("341 352 are no business of other refs and of malformed lines", async () => {
    const changes = linesOf([blank, one, "refs/merge-requests/1/head"], [blank, one, "refs/keep-around/x"], ["a", "b", "refs/heads/c"]);
    const push = acceptedPush(project, { ...by(ada), changes });
    const seen = await runPush(push);
    expect(await refsOf(project)).toEqual({});
    expect(await eventsOf(push)).toEqual([]);
    expect((await storedProject(project)).isRepositoryEmpty).toBe(true);
    expect(seen.trips).toBe(1);
  });

  it("338 are read from Base64 in whatever encoding", async () => {
    const bytes = Buffer.concat([Buffer.from(`${blank} ${one} refs/heads/caf`), Buffer.from([0xe9]), Buffer.from("-au-lait\n")]);
    const report = await parsePushReport({ gl_repository: `project-${project.id}`, changes: bytes.toString("base64") });
    await runPush(acceptedPush(project, { ...by(ada), changes: report.changes }));
    expect(await refsOf(project)).toEqual({ "refs/heads/café-au-lait": one });
  });

  it("have the last revision of a ref that stands in a push twice", async () => {
    const changes = linesOf(
      [blank, one, "refs/heads/main"],
      [one, two, "refs/heads/main"],
      [blank, one, "refs/heads/gone"],
      [one, blank, "refs/heads/gone"],
      [one, blank, "refs/heads/back"],
      [blank, three, "refs/heads/back"],
    );
    await runPush(acceptedPush(project, { ...by(ada), changes }));
    expect(await refsOf(project)).toEqual({ "refs/heads/main": two, "refs/heads/back": three });
  });

  it.each([
    ["half a surrogate pair", "a\ud800b", "a\ufffdb"],
    ["a NUL", "a\0b", "a\0b"],
    ["quotes and backslashes", `"'\\`, `"'\\`],
    ["digits only", "0123", "0123"],
    ["JSON", "null", "null"],
    ["an emoji", "😀", "😀"],
  ])("take a name with %s", async (_, name, kept) => {
    await addHook({ projectId: project.id });
    await addHook("system", { repositoryUpdateEvents: true });
    const reported = async (...change: Parameters<typeof linesOf>) =>
      (await parsePushReport({ gl_repository: `project-${project.id}`, changes: linesOf(...change) })).changes;
    const push = acceptedPush(project, { ...by(ada), changes: await reported([blank, one, `refs/heads/${name}`]) });
    await runPush(push);
    expect(await refsOf(project)).toEqual({ [`refs/heads/${kept}`]: one });
    expect((await eventsOf(push))[0]).toMatchObject({ ref: kept });
    expect((await storedProject(project)).defaultBranch).toBe(kept);
    const [event, update] = (await payloadsOf(push)).map(({ text }) => JSON.parse(text) as Record<string, unknown>);
    expect(event).toMatchObject({ ref: `refs/heads/${kept}` });
    expect(update).toMatchObject({ refs: [`refs/heads/${kept}`] });
    await runPush(acceptedPush(project, { ...by(ada), changes: await reported([one, blank, `refs/heads/${name}`]) }));
    expect(await refsOf(project)).toEqual({});
  });

  it("are not refused where something else was stored; how many is logged", async () => {
    const log = vi.spyOn(console, "log");
    await runPush(acceptedPush(project, { ...by(ada), changes: linesOf([blank, one, "refs/heads/main"]) }));
    await runPush(
      acceptedPush(project, {
        ...by(ada),
        changes: linesOf([two, three, "refs/heads/main"], [one, two, "refs/heads/unknown"], [blank, one, "refs/heads/new"]),
      }),
    );
    expect(await refsOf(project)).toEqual({ "refs/heads/main": three, "refs/heads/unknown": two, "refs/heads/new": one });
    expect(log.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown)).toEqual([
      expect.objectContaining({ event: "push:processed", changes: 1, differing_refs: 0 }),
      expect.objectContaining({ event: "push:processed", changes: 3, differing_refs: 2 }),
    ]);
    log.mockRestore();
  });

  it("are left alone where a later push has changed them; events and hooks are made all the same", async () => {
    await addHook({ projectId: project.id });
    const first = acceptedPush(project, {
      ...by(ada),
      changes: linesOf([blank, one, "refs/heads/main"], [blank, one, "refs/heads/other"]),
    });
    await runPush(acceptedPush(project, { ...by(ada), changes: linesOf([one, blank, "refs/heads/main"]) }));
    const seen = await runPush(first, { superseded: ["refs/heads/main"] });
    expect(await refsOf(project)).toEqual({ "refs/heads/other": one });
    expect(await storedProject(project)).toMatchObject({ isRepositoryEmpty: false, defaultBranch: "other" });
    expect(await eventsOf(first)).toHaveLength(2);
    expect(seen.sent).toHaveLength(2);
  });
});

describe("the default branch, and whether the repository is empty (push.md 3.2)", () => {
  it.each([
    ["the stored name where it is pushed", ["refs/heads/a", "refs/heads/main"], "main"],
    ["else the first branch that is created", ["refs/heads/b", "refs/heads/a"], "b"],
  ])("339 after the first push it is %s", async (_, refs, branch) => {
    await runPush(acceptedPush(project, { ...by(ada), changes: linesOf(...refs.map((ref) => [blank, one, ref] as const)) }));
    expect(await storedProject(project)).toMatchObject({ isRepositoryEmpty: false, defaultBranch: branch });
  });

  it("stay as they are where the repository was not empty, and where only tags are pushed", async () => {
    await runPush(acceptedPush(project, { ...by(ada), changes: linesOf([blank, one, "refs/tags/v1"]) }));
    expect(await storedProject(project)).toMatchObject({ isRepositoryEmpty: true, defaultBranch: "main" });
    const full = await addProject(group, { isRepositoryEmpty: false, defaultBranch: "trunk" });
    await runPush(acceptedPush(full, { ...by(ada), changes: linesOf([blank, one, "refs/heads/a"]) }));
    expect(await storedProject(full)).toMatchObject({ isRepositoryEmpty: false, defaultBranch: "trunk" });
  });

  it("the repository is empty again when the default branch is deleted and no branch is left", async () => {
    const push = (...changes: (readonly [string, string, string])[]) =>
      runPush(acceptedPush(project, { ...by(ada), changes: linesOf(...changes) }));
    const isEmpty = async () => (await storedProject(project)).isRepositoryEmpty;
    await push([blank, one, "refs/heads/main"], [blank, one, "refs/heads/a"], [blank, one, "refs/tags/v1"]);
    await push([one, blank, "refs/heads/main"]);
    expect(await isEmpty()).toBe(false);
    await push([one, blank, "refs/heads/a"]);
    expect(await isEmpty()).toBe(false);
    await push([blank, one, "refs/heads/main"]);
    await push([one, blank, "refs/heads/main"]);
    expect(await isEmpty()).toBe(true);
    await push([blank, two, "refs/heads/late"]);
    expect(await storedProject(project)).toMatchObject({ isRepositoryEmpty: false, defaultBranch: "late" });
  });
});

describe("the rule of the default branch (push.md 7.5)", () => {
  it.each([
    [1, 30, 40],
    [2, 40, 40],
    [3, 40, 30],
    [4, 40, 40],
  ])("365 366 is made by level %s: push %s, merge %s", async (level, push, merge) => {
    const protecting = await addProject(await addGroup({ defaultBranchProtection: level }));
    await runPush(acceptedPush(protecting, by(ada)));
    expect(await branchRulesOf(protecting)).toEqual([`main push ${push}`, `main merge ${merge}`, "main unprotect 40"]);
  });

  it("366 is not made by level 0", async () => {
    await runPush(acceptedPush(project, by(ada)));
    expect(await branchRulesOf(project)).toEqual([]);
  });

  it("is made by the instance's level where the namespace has none, for the branch that becomes the default", async () => {
    const plain = await addProject(await addGroup());
    await setSettings({ default_branch_protection: 1 });
    await runPush(acceptedPush(plain, { ...by(ada), changes: linesOf([blank, one, "refs/heads/trunk"]) }));
    expect(await branchRulesOf(plain)).toEqual(["trunk push 30", "trunk merge 40", "trunk unprotect 40"]);
  });

  it("is not made where a rule of the project or of its top-level group matches", async () => {
    const top = await addGroup({ defaultBranchProtection: 2 });
    const below = await addGroup({ parent: top, defaultBranchProtection: 2 });
    const [own, inheriting] = [await addProject(below), await addProject(below)];
    await db.query.insert(schema.protectedBranches).values({ projectId: own.id, name: "ma*" });
    await runPush(acceptedPush(own, by(ada)));
    expect(await branchRulesOf(own)).toEqual(["ma* null null"]);
    await db.query.insert(schema.protectedBranches).values({ namespaceId: top.id, name: "*" });
    await runPush(acceptedPush(inheriting, by(ada)));
    expect(await branchRulesOf(inheriting)).toEqual([]);
  });

  it("does not come back when a push is processed again after somebody took it away", async () => {
    const protecting = await addProject(await addGroup({ defaultBranchProtection: 2 }));
    const push = acceptedPush(protecting, by(ada));
    await runPush(push);
    await db.query.delete(schema.protectedRefAccessLevels);
    await db.query.delete(schema.protectedBranches).where(eq(schema.protectedBranches.projectId, protecting.id));
    await runPush(push);
    expect(await branchRulesOf(protecting)).toEqual([]);
  });
});

describe("events and activity (push.md 7.4)", () => {
  it("354 362 364 are recorded for each change, in the name of whoever pushed, at the time of the push", async () => {
    const acceptedAt = Date.UTC(2026, 4, 5, 6, 7, 8, 9);
    const changes = linesOf([blank, one, "refs/heads/new"], [one, two, "refs/heads/master"], [two, blank, "refs/heads/old"]);
    const push = acceptedPush(project, { ...by(ada), changes, acceptedAt });
    await runPush(push);
    const common = {
      projectId: project.id,
      authorId: ada.id,
      createdAt: new Date(acceptedAt),
      pushId: push.id,
      refType: "branch",
      commitCount: 0,
      commitTitle: null,
      refCount: null,
    };
    expect(await eventsOf(push)).toEqual([
      { ...common, id: expect.any(Number), changeIndex: 0, action: "created", ref: "new", commitFrom: null, commitTo: one },
      { ...common, id: expect.any(Number), changeIndex: 1, action: "pushed", ref: "master", commitFrom: one, commitTo: two },
      { ...common, id: expect.any(Number), changeIndex: 2, action: "removed", ref: "old", commitFrom: two, commitTo: null },
    ]);
  });

  it("356 368 are one for a group that is larger than push_event_activities_limit", async () => {
    await setSettings({ push_event_activities_limit: 1 });
    const changes = linesOf([blank, one, "refs/heads/a"], [blank, one, "refs/tags/a"], [blank, one, "refs/heads/b"]);
    const push = acceptedPush(project, { ...by(ada), changes });
    await runPush(push);
    expect(await eventsOf(push)).toMatchObject([
      {
        changeIndex: 0,
        action: "created",
        refType: "branch",
        ref: null,
        refCount: 2,
        commitFrom: null,
        commitTo: null,
        commitCount: 0,
        commitTitle: null,
      },
      { changeIndex: 1, action: "created", refType: "tag", ref: "a", refCount: null },
    ]);
  });

  it("mark the user and the project active, and never earlier than they were", async () => {
    const at = (time: string) => acceptedPush(project, { ...by(ada), acceptedAt: Date.parse(time) });
    const activity = async () => {
      const [user] = await db.query.select().from(schema.users).where(eq(schema.users.id, ada.id));
      return [user!.lastActivityOn, (await storedProject(project)).lastActivityAt?.toISOString()];
    };
    await runPush(at("2026-05-05T23:59:59.999Z"));
    expect(await activity()).toEqual(["2026-05-05", "2026-05-05T23:59:59.999Z"]);
    await runPush(at("2026-05-04T12:00:00.000Z"));
    expect(await activity()).toEqual(["2026-05-05", "2026-05-05T23:59:59.999Z"]);
    await runPush(at("2026-05-06T00:00:00.000Z"));
    expect(await activity()).toEqual(["2026-05-06", "2026-05-06T00:00:00.000Z"]);
  });
});

describe("who pushed (push.md 3.1, 7.1)", () => {
  it("is the owner of a user key", async () => {
    const push = acceptedPush(project, { identifier: `key-${(await addKey(ada)).id}` });
    await runPush(push);
    expect(await eventsOf(push)).toMatchObject([{ authorId: ada.id }]);
  });

  it("337 is the owner of a deploy key, wherever it is enabled", async () => {
    const push = acceptedPush(project, { identifier: `key-${(await addDeployKey(ada, [])).id}` });
    await runPush(push);
    expect(await eventsOf(push)).toMatchObject([{ authorId: ada.id }]);
  });

  it("is the ghost for a deploy key without an owner", async () => {
    await addHook({ projectId: project.id });
    const push = acceptedPush(project, { identifier: `key-${(await addDeployKey(null, [])).id}` });
    await runPush(push);
    expect(await eventsOf(push)).toMatchObject([{ authorId: null }]);
    expect(JSON.parse((await payloadsOf(push))[0]!.text)).toMatchObject({ user_id: 0, user_name: "Ghost User", user_username: "ghost" });
  });

  describe("where it is nobody", () => {
    const error = vi.spyOn(console, "error");
    afterEach(() => error.mockClear());

    it.each([["user-999999"], ["key-999999"], ["username-root"], [""], ["user-"], ["user-1 "], ["user-99999999999999999999"]])(
      "%j: what is stored of the repository follows, and nothing else happens",
      async (identifier) => {
        const protecting = await addProject(await addGroup({ defaultBranchProtection: 2 }));
        await addHook({ projectId: protecting.id });
        const push = acceptedPush(protecting, { identifier });
        const seen = await runPush(push);
        expect(error.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown)).toEqual([
          {
            level: "error",
            event: "push:unknown-user",
            push_id: push.id,
            message: `POST-RECEIVE: Triggered hook for non-existing user "${identifier}"`,
          },
        ]);
        expect(await refsOf(protecting)).toEqual({ "refs/heads/main": one });
        expect(await storedProject(protecting)).toMatchObject({ isRepositoryEmpty: false, lastActivityAt: null });
        expect(await branchRulesOf(protecting)).toHaveLength(3);
        expect(await eventsOf(push)).toEqual([]);
        expect([await deliveriesOf(push), seen.sent]).toEqual([[], []]);
      },
    );

    it.each([
      ["project-123456789"],
      ["wiki-123456789"],
      ["design-123456789"],
      ["snippet-123456789"],
      ["garbage"],
      ["project-9007199254740999"],
    ])("335 %s of no row is logged, and that is all", async (glRepository) => {
      const push = acceptedPush(project, { ...by(ada), glRepository });
      const seen = await runPush(push);
      expect(error.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown)).toEqual([
        {
          level: "error",
          event: "push:unknown-repository",
          push_id: push.id,
          message: `POST-RECEIVE: Triggered hook for non-existing gl_repository "${glRepository}"`,
        },
      ]);
      expect(seen.trips).toBeLessThanOrEqual(1);
      expect(await eventsOf(push)).toEqual([]);
    });
  });
});

describe("merge requests", () => {
  const addMergeRequest = async (values: Partial<typeof schema.mergeRequests.$inferInsert>) => {
    const [row] = await db.query
      .insert(schema.mergeRequests)
      .values({
        targetProjectId: project.id,
        sourceProjectId: project.id,
        iid: 1,
        sourceBranch: "feature",
        targetBranch: "main",
        title: "t",
        createdAt: new Date(0),
        updatedAt: new Date(0),
        ...values,
      })
      .returning();
    return async () => (await db.query.select().from(schema.mergeRequests).where(eq(schema.mergeRequests.id, row!.id)))[0]!;
  };

  it("360 follow the branches they come from; without any, nothing is asked", async () => {
    const request = await addMergeRequest({ headSha: one });
    const other = await addProject(group);
    expect((await runPush(acceptedPush(other, by(ada)))).trips).toBe(2);
    expect(
      (await runPush(acceptedPush(project, { ...by(ada), changes: linesOf([one, two, "refs/heads/feature"]) }))).trips,
    ).toBeGreaterThan(2);
    expect(await request()).toMatchObject({ state: "opened", headSha: two });
    await runPush(acceptedPush(project, { ...by(ada), changes: linesOf([two, blank, "refs/heads/feature"]) }));
    expect(await request()).toMatchObject({ state: "closed" });
  });
});

describe("wikis, designs and snippets (push.md 7.6)", () => {
  const acceptedAt = Date.UTC(2026, 4, 5);
  it.each([
    ["wiki", "activity in its project, and nothing else", new Date(acceptedAt), 2],
    ["design", "nothing that is kept", null, 1],
  ])("a push to a %s is %s", async (type, _, lastActivityAt, trips) => {
    await addHook("system", { repositoryUpdateEvents: true });
    const push = acceptedPush(project, { ...by(ada), glRepository: `${type}-${project.id}`, acceptedAt });
    const seen = await runPush(push);
    expect(await storedProject(project)).toMatchObject({ isRepositoryEmpty: true, lastActivityAt });
    expect([await refsOf(project), await eventsOf(push), await deliveriesOf(push), seen.sent]).toEqual([{}, [], [], []]);
    expect(seen.trips).toBe(trips);
  });

  it("a push to a wiki by nobody does nothing", async () => {
    await runPush(acceptedPush(project, { identifier: "user-0", glRepository: `wiki-${project.id}` }));
    expect((await storedProject(project)).lastActivityAt).toBeNull();
  });

  const addSnippet = async (values: Partial<typeof schema.snippets.$inferInsert> = {}) => {
    const [row] = await db.query
      .insert(schema.snippets)
      .values({ title: "s", authorId: ada.id, updatedAt: new Date(0), ...values })
      .returning();
    const push = (more: Partial<AcceptedPush> = {}) =>
      runPush(acceptedPush(project, { ...by(ada), glRepository: `snippet-${row!.id}`, acceptedAt: 5000, ...more }));
    return { push, snippet: async () => (await db.query.select().from(schema.snippets).where(eq(schema.snippets.id, row!.id)))[0]! };
  };

  it("349 a push to a snippet fills and touches it", async () => {
    const { push, snippet } = await addSnippet();
    expect((await push()).trips).toBe(2);
    expect(await snippet()).toMatchObject({ isRepositoryEmpty: false, defaultBranch: "main", updatedAt: new Date(5000) });
    await push({ changes: linesOf([one, two, "refs/heads/other"]), acceptedAt: 4000 });
    expect(await snippet()).toMatchObject({ isRepositoryEmpty: false, defaultBranch: "main", updatedAt: new Date(5000) });
  });

  it("the branch of a snippet is what is pushed first, also by nobody, who does not touch it", async () => {
    const { push, snippet } = await addSnippet();
    await push({ identifier: "user-0", changes: linesOf([blank, one, "refs/heads/trunk"]) });
    expect(await snippet()).toMatchObject({ isRepositoryEmpty: false, defaultBranch: "trunk", updatedAt: new Date(0) });
  });
});
