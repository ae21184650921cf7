import { eq, sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { unpackPush } from "../../src/counter/client.ts";
import type { Turn } from "../../src/counter/push-line.ts";
import * as schema from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { pull } from "../setup/allowed.ts";
import { asShell, call, type Reply } from "../setup/call.ts";
import { blank, objectOf, sha, withFakeQueue, type FakeQueue } from "../setup/line.ts";
import { shellCall } from "../setup/swapped.ts";
import {
  addDeployKey,
  addGroup,
  addKey,
  addMember,
  addProject,
  addUser,
  db,
  dayFromNow,
  personalNamespaceId,
  unique,
  type Project,
} from "../setup/world.ts";

const path = "/internal/post_receive";
const create = (branch: string) => `${blank} ${sha("a")} refs/heads/${branch}\n`;
const createLink = (project: Project, branch: string) => ({
  message: `To create a merge request for ${branch}, visit:\n  http://gitlab.example.test/${project.fullPath}/-/merge_requests/new?merge_request%5Bsource_branch%5D=${branch}`,
  type: "basic",
});

let ada: UserRow;
let project: Project;
let name: string;
let queue: FakeQueue;

beforeAll(async () => {
  ada = await addUser();
});
beforeEach(async () => {
  project = await addProject(await addGroup(), { isRepositoryEmpty: false });
  await addMember(ada, { project }, 30);
  name = `project-${project.id}`;
  queue = await withFakeQueue(objectOf(name));
  await db.query.delete(schema.broadcastMessages);
});

const report = (json: Record<string, unknown> = {}): Promise<Reply> =>
  shellCall(path, { json: { gl_repository: name, identifier: `user-${ada.id}`, changes: create("feature"), push_options: null, ...json } });
/** The push that was put in line, if one was. */
const lined = async () => (await beginLined())?.push ?? null;
const beginLined = async () => {
  const [job] = queue.sent as { push_id: string }[];
  if (job === undefined) return null;
  const turn = (await objectOf(name).take(job.push_id)) as Turn;
  return turn.state === "ready" ? { push: unpackPush(turn.push), lease: turn.lease } : null;
};

describe("counting a push out", () => {
  it("269 J177 a new branch: one link, the counter one lower, and the push in line", async () => {
    await objectOf(name).increase();
    const reply = await report({ push_options: ["ci.skip"], gitaly_client_context_bin: null });
    expect(reply).toMatchObject({
      status: 200,
      body: { messages: [createLink(project, "feature")], reference_counter_decreased: true },
    });
    expect(reply.headers.get("Content-Type")).toBe("application/json");
    expect((await objectOf(name).value()).value).toBe(0);
    expect(await lined()).toMatchObject({
      glRepository: name,
      identifier: `user-${ada.id}`,
      changes: create("feature"),
      options: { ci: { skip: true } },
      urls: { ssh: "git@gitlab.example.test:", http: "http://gitlab.example.test/", external: "http://gitlab.example.test" },
    });
  });

  it("J178 274 a counter at 0 stays there, and says true", async () => {
    expect((await report()).body).toMatchObject({ reference_counter_decreased: true });
    expect((await objectOf(name).value()).value).toBe(0);
  });

  it("276 a client context that skips CI adds the option to the job, also when no options were sent", async () => {
    for (const [skip, options] of [
      [true, { ci: { skip: true } }],
      ["yes", { ci: { skip: true } }],
      [false, {}],
      [null, {}],
    ] as const) {
      // oxlint-disable no-await-in-loop -- one after the other
      name = unique("wiki-7");
      queue = await withFakeQueue(objectOf(name));
      await report({ gitaly_client_context_bin: btoa(JSON.stringify({ "skip-ci": skip })) });
      expect((await lined())?.options).toEqual(options);
      // oxlint-enable no-await-in-loop
    }
  });

  it("270 snippets, wikis and designs: no messages", async () => {
    const [personal] = await db.query.insert(schema.snippets).values({ title: "s", authorId: ada.id }).returning();
    const [ofProject] = await db.query.insert(schema.snippets).values({ title: "s", projectId: project.id }).returning();
    for (const each of [`snippet-${personal!.id}`, `snippet-${ofProject!.id}`, `wiki-${project.id}`, `design-${project.id}`]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await report({ gl_repository: each })).toMatchObject({
        status: 200,
        body: { messages: [], reference_counter_decreased: true },
      });
    }
  });

  it("272 273 an unknown repository or pusher is no error", async () => {
    for (const json of [
      { gl_repository: "project-999999" },
      { gl_repository: "snippet-999999" },
      { gl_repository: "project-9007199254740993" },
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await report(json)).toMatchObject({ status: 200, body: { messages: [], reference_counter_decreased: true } });
    }
    for (const identifier of [
      "user-999999",
      "key-999999",
      `username-${ada.username}`,
      "",
      undefined,
      null,
      7,
      ["user-1"],
      "x".repeat(300),
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const reply = await report({ identifier });
      expect(reply).toMatchObject({ status: 200, body: { messages: [createLink(project, "feature")] } });
    }
  });

  it("refuses what names no repository and what is of the wrong kind, and does nothing then", async () => {
    await objectOf(name).increase();
    const refusals: [Record<string, unknown>, string][] = [
      [{ gl_repository: undefined }, "gl_repository is missing"],
      [{ gl_repository: null }, "gl_repository is missing"],
      [{ gl_repository: " " }, "gl_repository is missing"],
      [{ gl_repository: "nothing" }, "gl_repository is invalid"],
      [{ gl_repository: 7 }, "gl_repository is invalid"],
      [{ gl_repository: { a: 1 } }, "gl_repository is invalid"],
      [{ changes: 7 }, "changes is invalid"],
      [{ changes: { a: 1 } }, "changes is invalid"],
      [{ changes: [7] }, "changes is invalid"],
      // No UTF-8 anywhere: three bytes for each, which no call to the object would carry.
      [{ changes: Buffer.alloc(12_000_000, 0xfd).toString("base64") }, "changes is invalid"],
      [{ push_options: 7 }, "push_options is invalid"],
      [{ push_options: [null] }, "push_options is invalid"],
      [{ push_options: true }, "push_options is invalid"],
      [{ gitaly_client_context_bin: btoa("{") }, "malformed gitaly_client_context_bin"],
      [{ gitaly_client_context_bin: btoa("[]") }, "Decoded gitaly_client_context_bin is not a valid JSON object"],
    ];
    for (const [json, text] of refusals) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await report(json)).toMatchObject({ status: 400, body: { message: `400 Bad request - ${text}` } });
    }
    expect((await objectOf(name).value()).value).toBe(1);
    expect(queue.sent).toEqual([]);
  });

  it("malformed lines and other refs are no error, and get no link", async () => {
    const changes = `nonsense\n\n${blank} ${sha("a")}\n${create("one")}${blank} ${sha("a")} refs/merge-requests/1/head\n${blank} ${sha("a")} refs/tags/v1\n`;
    expect((await report({ changes })).body).toEqual({ messages: [createLink(project, "one")], reference_counter_decreased: true });
    expect((await report({ changes: null })).body.messages).toEqual([]);
    expect((await report({ changes: [create("two").trim(), create("three")] })).body.messages).toHaveLength(2);
  });

  it("401 without the secret", async () => {
    expect(await call("POST", path, { json: { gl_repository: name } })).toMatchObject({ status: 401 });
  });

  it("an ordinary push costs one trip to D1 before its answer", async () => {
    const reply = await report();
    expect(reply.headers.get("Server-Timing")).toContain('desc="1 trip,');
  });

  it("two equal calls are two pushes", async () => {
    await report();
    await report();
    const first = await beginLined();
    expect(await objectOf(name).finish(first!.push.id, first!.lease, true)).toEqual(expect.any(String));
  });
});

describe("what the pusher is told", () => {
  const addMessage = (kind: "moved" | "created", text: string, over: { glRepository?: string; expiresAt?: Date } = {}) =>
    db.query.insert(schema.storedMessages).values({
      kind,
      userId: ada.id,
      glRepository: over.glRepository ?? name,
      text,
      expiresAt: over.expiresAt ?? new Date(Date.now() + 60_000),
    });
  const addBanner = (values: Partial<typeof schema.broadcastMessages.$inferInsert> = {}) =>
    db.query
      .insert(schema.broadcastMessages)
      .values({ message: "Deploy at noon", startsAt: new Date(Date.now() - 60_000), endsAt: new Date(Date.now() + 60_000), ...values });
  const messages = async (json: Record<string, unknown> = {}) => (await report(json)).body.messages;
  const openMergeRequest = (values: Partial<typeof schema.mergeRequests.$inferInsert> = {}) =>
    db.query.insert(schema.mergeRequests).values({
      targetProjectId: project.id,
      sourceProjectId: project.id,
      iid: 4,
      sourceBranch: "feature",
      targetBranch: "main",
      title: "t",
      ...values,
    });

  it("277 332 an open merge request of the branch", async () => {
    await openMergeRequest();
    expect(await messages()).toEqual([
      { message: `View merge request for feature:\n  http://gitlab.example.test/${project.fullPath}/-/merge_requests/4`, type: "basic" },
    ]);
  });

  it("277 one that is open in the project it was forked from", async () => {
    const origin = await addProject(await addGroup());
    await openMergeRequest({ targetProjectId: origin.id });
    expect((await messages())[0].message).toContain(`/${origin.fullPath}/-/merge_requests/4`);
  });

  it("331 closed and merged ones do not count", async () => {
    await openMergeRequest({ state: "closed" });
    await openMergeRequest({ state: "merged", iid: 5 });
    expect(await messages()).toEqual([createLink(project, "feature")]);
  });

  it("278 330 nothing where links are off, merge requests disabled, or the branch is the default one or deleted", async () => {
    expect(await messages({ changes: create("main") })).toEqual([]);
    expect(await messages({ changes: `${sha("a")} ${blank} refs/heads/feature` })).toEqual([]);
    for (const values of [{ printsMergeRequestLink: false }, { mergeRequestsAccessLevel: "disabled" as const }]) {
      // oxlint-disable no-await-in-loop -- one after the other
      const other = await addProject(await addGroup(), { isRepositoryEmpty: false, ...values });
      expect(await messages({ gl_repository: `project-${other.id}` })).toEqual([]);
      // oxlint-enable no-await-in-loop
    }
  });

  it("334 several branches of a push, in its order", async () => {
    await openMergeRequest();
    const sent = await messages({ changes: create("z") + create("feature") + create("a") });
    expect(sent.map(({ message }: { message: string }) => message.split("\n")[0])).toEqual([
      "To create a merge request for z, visit:",
      "View merge request for feature:",
      "To create a merge request for a, visit:",
    ]);
  });

  it("284 285 an active banner that is shown in terminals, and no notification", async () => {
    await addBanner({ message: "not here", showsInCli: false });
    await addBanner({ message: "not this", broadcastType: "notification" });
    await addBanner({ message: "past", endsAt: new Date(Date.now() - 1000) });
    expect(await messages({ changes: "" })).toEqual([]);
    await addBanner();
    expect(await messages({ changes: "" })).toEqual([{ message: "Deploy at noon", type: "alert" }]);
  });

  it("286 of several banners the newest for this path", async () => {
    await addBanner({ message: "general" });
    await addBanner({ message: "older", targetPath: `*/${project.path}` });
    await addBanner({ message: "newer", targetPath: `/${project.fullPath.toUpperCase()}` });
    await addBanner({ message: "elsewhere", targetPath: "/some/other" });
    expect(await messages({ changes: "" })).toEqual([{ message: "newer", type: "alert" }]);
    const other = await addProject(await addGroup());
    expect(await messages({ changes: "", gl_repository: `project-${other.id}` })).toEqual([{ message: "general", type: "alert" }]);
  });

  it("288 a banner for a role is for those who have it", async () => {
    await addBanner({ message: "for everybody" });
    await addBanner({ message: "for guests", targetAccessLevels: [10] });
    await addBanner({ message: "for developers", targetAccessLevels: [30, 40] });
    const [guest, reporter, owner] = [await addUser(), await addUser(), await addUser()];
    await addMember(guest, { project }, 10);
    await addMember(reporter, { project }, 20);
    const own = await addProject(owner);
    await addBanner({ message: "for owners", targetAccessLevels: [50] });
    const told = async (user: UserRow, json = {}) => (await messages({ changes: "", identifier: `user-${user.id}`, ...json }))[0].message;
    expect(await told(guest)).toBe("for guests");
    expect(await told(ada)).toBe("for developers");
    expect(await told(reporter)).toBe("for everybody");
    expect(await told(owner)).toBe("for everybody");
    expect(await told(owner, { gl_repository: `project-${own.id}` })).toBe("for owners");
    expect((await messages({ changes: "", identifier: "user-999999" }))[0].message).toBe("for everybody");
  });

  it("289 290 293 what is stored is told once, moved before created, to its user and for its repository", async () => {
    await addMessage("created", "\nThe private project was created.\n");
    await addMessage("moved", "Project 'a' was moved to 'b'.\n");
    await addMessage("moved", "elsewhere", { glRepository: "project-999999" });
    const other = await addUser();
    expect(await messages({ changes: "", identifier: `user-${other.id}` })).toEqual([]);
    expect(await messages({ changes: "" })).toEqual([
      { message: "Project 'a' was moved to 'b'.\n", type: "basic" },
      { message: "\nThe private project was created.\n", type: "basic" },
    ]);
    expect(await messages({ changes: "" })).toEqual([]);
  });

  it("295 nobody is told what is stored for somebody, and what is five minutes old is not told", async () => {
    await addMessage("moved", "text");
    expect(await messages({ changes: "", identifier: "" })).toEqual([]);
    await db.query
      .update(schema.storedMessages)
      .set({ expiresAt: new Date(Date.now() - 1) })
      .where(eq(schema.storedMessages.glRepository, name));
    expect(await messages({ changes: "" })).toEqual([]);
  });

  it("a key stands for its owner, a deploy key too", async () => {
    await addMessage("moved", "text");
    expect(await messages({ changes: "", identifier: `key-${(await addKey(ada)).id}` })).toHaveLength(1);
    await addMessage("moved", "text");
    expect(await messages({ changes: "", identifier: `key-${(await addDeployKey(ada, [{ project }])).id}` })).toHaveLength(1);
    const ownerless = await addDeployKey(ada, [{ project }]);
    await db.query.run(sql`update keys set user_id = null where id = ${ownerless.id}`);
    expect(await messages({ changes: "", identifier: `key-${ownerless.id}` })).toEqual([]);
  });

  it("297 a moved path, from the fetch or push that used it to the end of the next push", async () => {
    await db.query.insert(schema.redirectRoutes).values({ path: "former/place", projectId: project.id });
    expect((await asShell("POST", "/internal/allowed", { json: { ...pull, user_id: ada.id, project: "former/place.git" } })).status).toBe(
      200,
    );
    await expect
      .poll(() => messages({ changes: "" }))
      .toEqual([
        {
          message: `Project 'former/place' was moved to '${project.fullPath}'.\n\nPlease update your Git remote:\n\n  git remote set-url origin git@gitlab.example.test:${project.fullPath}.git\n`,
          type: "basic",
        },
      ]);
  });

  it("owners of the project's namespace, or of one above, are told of a reconciliation that is shown today, behind the banner", async () => {
    const top = await addGroup();
    const sub = await addGroup({ parent: top });
    const owned = await addProject(sub, { isRepositoryEmpty: false });
    const [olga, max] = [await addUser(), await addUser()];
    await addMember(olga, { group: top }, 50);
    await addMember(max, { group: top }, 40);
    const alertsOf = async (user: UserRow) =>
      (await messages({ gl_repository: `project-${owned.id}`, identifier: `user-${user.id}` }))
        .filter(({ type }: { type: string }) => type === "alert")
        .map(({ message }: { message: string }) => message);
    const schedule = (namespaceId: number, displayAlertFrom: string, nextReconciliationDate: string) =>
      db.query.insert(schema.upcomingReconciliations).values({ namespaceId, displayAlertFrom, nextReconciliationDate });
    await schedule(sub.id, dayFromNow(2), dayFromNow(3));
    expect(await alertsOf(olga)).toEqual([]);
    await schedule(top.id, dayFromNow(-2), dayFromNow(5));
    await addBanner();
    const alert = `Your next billing reconciliation is on ${dayFromNow(5)}.`;
    expect(await alertsOf(olga)).toEqual(["Deploy at noon", alert]);
    expect(await alertsOf(max)).toEqual(["Deploy at noon"]);
    // Owning the project alone, or the group below, is not owning what is reconciled.
    const below = await addUser();
    await addMember(below, { group: sub }, 50);
    expect(await alertsOf(below)).toEqual(["Deploy at noon"]);
  });

  it("the owner of a personal namespace is told of its reconciliation until the day itself", async () => {
    const owner = await addUser();
    const own = await addProject(owner, { isRepositoryEmpty: false });
    const namespaceId = await personalNamespaceId(owner);
    const today = dayFromNow(0);
    await db.query.insert(schema.upcomingReconciliations).values({ namespaceId, displayAlertFrom: today, nextReconciliationDate: today });
    const told = await messages({ gl_repository: `project-${own.id}`, identifier: `user-${owner.id}` });
    expect(told[0]).toEqual({ message: `Your next billing reconciliation is on ${today}.`, type: "alert" });
  });

  it("all at once: banner, links, moved, created", async () => {
    await addBanner();
    await addMessage("created", "created");
    await addMessage("moved", "moved");
    expect((await messages()).map(({ message, type }: Record<string, string>) => [type, message!.split(" ")[0]])).toEqual([
      ["alert", "Deploy"],
      ["basic", "To"],
      ["basic", "moved"],
      ["basic", "created"],
    ]);
  });
});

describe("options for merge requests", () => {
  const messages = async (json: Record<string, unknown> = {}) => (await report(json)).body.messages;

  it("280 a merge request is opened before the answer, which leads to it", async () => {
    expect(await messages({ push_options: ["merge_request.create", "mr.title=Neuer Titel"] })).toEqual([
      { message: `View merge request for feature:\n  http://gitlab.example.test/${project.fullPath}/-/merge_requests/1`, type: "basic" },
    ]);
    expect(await db.query.select().from(schema.mergeRequests).where(eq(schema.mergeRequests.targetProjectId, project.id))).toMatchObject([
      { iid: 1, title: "Neuer Titel", sourceBranch: "feature", targetBranch: "main", authorId: ada.id, headSha: sha("a") },
    ]);
  });

  it("282 what is wrong with options is told with every option as it was sent", async () => {
    const reply = await messages({ push_options: ["merge_request.title=x", "nonsense", "ci.skip"] });
    expect(reply[0]).toEqual({
      message:
        "WARNINGS:\nError encountered with push options 'merge_request.title=x' 'nonsense' 'ci.skip': A merge_request.create push option is required to create a merge request for branch feature",
      type: "alert",
    });
    expect(reply.slice(1)).toEqual([createLink(project, "feature")]);
  });

  it("322 nobody opens none", async () => {
    const [alert] = await messages({ push_options: ["mr.create"], identifier: "user-999999" });
    expect(alert.message).toBe("WARNINGS:\nError encountered with push options 'mr.create': User is required");
  });

  it("wikis and snippets have none; an unknown repository is no error", async () => {
    expect(await messages({ gl_repository: `wiki-${project.id}`, push_options: ["mr.create"] })).toEqual([
      {
        message: "WARNINGS:\nError encountered with push options 'mr.create': Push options are only supported for projects",
        type: "alert",
      },
    ]);
    expect(await messages({ gl_repository: "project-999999", push_options: ["mr.create"] })).toEqual([]);
  });

  it("the first push to an empty repository opens one into the stored default branch, which counts as existing from then on", async () => {
    const empty = await addProject(await addGroup());
    await addMember(ada, { project: empty }, 40);
    await withFakeQueue(objectOf(`project-${empty.id}`));
    const json = { gl_repository: `project-${empty.id}`, push_options: ["mr.create"] };
    const sent = await messages({ ...json, changes: create("main") + create("feature") });
    expect(sent.map(({ message }: { message: string }) => message.split("\n")[0])).toEqual(["View merge request for feature:"]);
  });
});

describe("the first push to a repository", () => {
  const stored = async (id: number) => {
    const [row] = await db.query.select().from(schema.projects).where(eq(schema.projects.id, id));
    return { isEmpty: row!.isRepositoryEmpty, defaultBranch: row!.defaultBranch };
  };

  it("says before its answer that it is not empty, and which branch is the default one", async () => {
    for (const [changes, defaultBranch] of [
      [create("other") + create("main"), "main"],
      [create("first") + create("second"), "first"],
      [`${blank} ${sha("a")} refs/tags/v1`, null],
      [`${sha("a")} ${blank} refs/heads/gone`, null],
    ] as const) {
      // oxlint-disable no-await-in-loop -- one after the other
      const empty = await addProject(await addGroup());
      await withFakeQueue(objectOf(`project-${empty.id}`));
      await report({ gl_repository: `project-${empty.id}`, changes });
      expect(await stored(empty.id)).toEqual({ isEmpty: defaultBranch === null, defaultBranch: defaultBranch ?? "main" });
      // oxlint-enable no-await-in-loop
    }
  });

  it("sees the default branch as it was: the branch that becomes it is offered a merge request, the stored one is not", async () => {
    const empty = await addProject(await addGroup());
    await withFakeQueue(objectOf(`project-${empty.id}`));
    const reply = await report({ gl_repository: `project-${empty.id}`, changes: create("feature") });
    expect(reply.body.messages).toEqual([createLink(empty, "feature")]);
  });

  it("leaves the default branch of a repository that is not empty as it is", async () => {
    await report({ changes: create("zzz") });
    expect(await stored(project.id)).toEqual({ isEmpty: false, defaultBranch: "main" });
  });
});

describe("when something is down", () => {
  const broken = { withSession: () => ({ prepare: () => ({ bind: () => ({}) }), batch: () => Promise.reject(new Error("D1 is down")) }) };
  const reject = () => Promise.reject(new Error("object is down"));
  const noObject = { getByName: () => ({ accept: reject, decrease: reject }) };

  it("the database: the push is taken on and counted out, and nobody is told anything", async () => {
    await objectOf(name).increase();
    const reply = await shellCall(path, { json: { gl_repository: name, identifier: "user-1", changes: create("x") } }, { DB: broken });
    expect(reply).toMatchObject({ status: 200, body: { messages: [], reference_counter_decreased: true } });
    expect(await lined()).toMatchObject({ changes: create("x") });
  });

  it("the repository's object: the queue keeps the push until the object is back, and the counter says false", async () => {
    const sent: unknown[] = [];
    const reply = await shellCall(
      path,
      { json: { gl_repository: name, identifier: "user-1", changes: create("x"), push_options: ["mr.create", "ci.skip"] } },
      { REFERENCE_COUNTER: noObject, JOBS: { send: async (body: unknown) => void sent.push(body) } },
    );
    expect(reply).toMatchObject({ status: 200, body: { reference_counter_decreased: false } });
    expect(sent).toEqual([
      {
        kind: "parked_push",
        version: 1,
        push: expect.objectContaining({ glRepository: name, identifier: "user-1", changes: create("x") }),
      },
    ]);
  });

  it("the object and the queue: 503, and so for a push that no message can hold", async () => {
    const refused = {
      status: 503,
      body: { message: "The push could not be recorded. Please try again later." },
    };
    const json = { gl_repository: name, identifier: "user-1", changes: create("x") };
    expect(await shellCall(path, { json }, { REFERENCE_COUNTER: noObject, JOBS: { send: reject } })).toMatchObject(refused);
    const large = { ...json, changes: create("x").repeat(3000) };
    const taken: unknown[] = [];
    const swap = { REFERENCE_COUNTER: noObject, JOBS: { send: async (body: unknown) => void taken.push(body) } };
    expect(await shellCall(path, { json: large }, swap)).toMatchObject(refused);
    expect(taken).toEqual([]);
  });

  it("only the line of pushes: the counter is decreased all the same", async () => {
    let decreased = 0;
    const decrease = async () => {
      decreased += 1;
      return { value: 0, expiresAt: 0, version: 1, wasReset: false };
    };
    const reply = await shellCall(
      path,
      { json: { gl_repository: name, changes: create("x") } },
      { REFERENCE_COUNTER: { getByName: () => ({ accept: reject, decrease }) }, JOBS: { send: reject } },
    );
    expect(reply.status).toBe(503);
    expect(decreased).toBe(1);
  });

  it("the object's own queue: 200, for the object hands the push over later", async () => {
    queue.refusals = 1;
    expect(await report()).toMatchObject({ status: 200, body: { reference_counter_decreased: true } });
  });
});
