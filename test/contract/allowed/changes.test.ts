import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../../src/db/schema/index.ts";
import type { UserRow } from "../../../src/db/users.ts";
import { ask, byKey, byUser, malformed, missing, outcome, push, refused, texts } from "../../setup/allowed.ts";
import { asRoot } from "../../setup/call.ts";
import { blank, newrev, oldrev } from "../../setup/facts.ts";
import {
  addDeployKey,
  addGroup,
  addMember,
  addProject,
  addShare,
  addUser,
  db,
  unique,
  type Group,
  type Project,
} from "../../setup/world.ts";

/** Rules, merge requests and stored refs as they lie in D1, and what Gitaly is told. The rules themselves: domain/refs.test.ts. */

const create = (ref: string) => `${blank} ${newrev} ${ref}\n`;
const update = (ref: string) => `${oldrev} ${newrev} ${ref}\n`;
const remove = (ref: string) => `${oldrev} ${blank} ${ref}\n`;
const feature = "refs/heads/feature";

let group: Group;
let people: Record<"reporter" | "developer" | "maintainer", UserRow>;

beforeAll(async () => {
  group = await addGroup({ path: "engines" });
  people = { reporter: await addUser(), developer: await addUser(), maintainer: await addUser() };
  await addMember(people.reporter, { group }, 20);
  await addMember(people.developer, { group }, 30);
  await addMember(people.maintainer, { group }, 40);
});

const addCode = (values: Parameters<typeof addProject>[1] = {}, place: Parameters<typeof addProject>[0] = group) =>
  addProject(place, { isRepositoryEmpty: false, ...values });
const on = (project: { id: number }) => ({ gl_repository: `project-${project.id}` });

/** As Gitaly's pre-receive hook asks. */
async function told(who: Record<string, unknown>, project: { id: number }, changes: unknown, more: Record<string, unknown> = {}) {
  const reply = await outcome(ask({ ...push, ...who, ...on(project), changes, project: "/var/opt/repositories/x.git", ...more }));
  return reply.status === 200 ? "allowed" : reply;
}

type Levels = Partial<typeof schema.protectedRefAccessLevels.$inferInsert>[];
async function protectBranch(
  place: { projectId: number } | { namespaceId: number },
  name: string,
  levels: Levels,
  allowsForcePush = false,
) {
  const [rule] = await db.query
    .insert(schema.protectedBranches)
    .values({ ...place, name, allowsForcePush })
    .returning();
  for (const level of levels)
    await db.query.insert(schema.protectedRefAccessLevels).values({ action: "push", protectedBranchId: rule!.id, ...level });
}
async function protectTag(project: Project, name: string, levels: Levels) {
  const [rule] = await db.query.insert(schema.protectedTags).values({ projectId: project.id, name }).returning();
  for (const level of levels)
    await db.query.insert(schema.protectedRefAccessLevels).values({ action: "create", protectedTagId: rule!.id, ...level });
}

describe("malformed changes", () => {
  const text = "changes is invalid";
  it.each<[string, unknown]>([
    ["no change", "nonsense"],
    ["_any before a change", `_any\n${update(feature)}`],
    ["_any with a blank behind it", "_any "],
    ["a short revision", `${"a".repeat(39)} ${newrev} ${feature}`],
    ["two fields", `${oldrev} ${newrev}`],
    ["a line of more than 4,096 bytes", update(`refs/heads/${"x".repeat(4100)}`)],
    ["one endless line", "x".repeat(1_000_000)],
    ["false", false],
    ["0", 0],
    ["an object", { 0: update(feature) }],
    ["a list with a number", [update(feature), 1]],
    ["a list with two changes in one", [update(feature) + update(feature)]],
    ["NUL bytes", "\u0000\u0000"],
  ])("%s: 400, whatever the right to push", async (_, changes) => {
    const project = await addCode();
    for (const who of [byUser(people.maintainer), byUser(people.reporter)]) {
      expect(await told(who, project, changes)).toEqual(malformed(text));
    }
  });

  it("a fetch does not look at them, and who does not see the project is told nothing of them", async () => {
    const project = await addCode();
    expect(await told(byUser(people.developer), project, "nonsense", { action: "git-upload-pack" })).toBe("allowed");
    expect(await told(byUser(await addUser()), project, "nonsense")).toEqual(missing(texts.project));
  });

  it("come after the repository is found, and before the right to push", async () => {
    const project = await addCode({ hasRepository: false });
    expect(await told(byUser(people.developer), project, "nonsense")).toEqual(missing("A repository for this project does not exist yet."));
    const archived = await addCode({ isArchived: true });
    expect(await told(byUser(people.developer), archived, "nonsense")).toEqual(malformed(text));
  });

  it("a list and a form are as good as a text", async () => {
    const project = await addCode();
    await protectBranch({ projectId: project.id }, "feature", [{ accessLevel: 40 }]);
    const text2 = refused("You are not allowed to push code to protected branches on this project.");
    expect(await told(byUser(people.developer), project, [update("refs/heads/x"), "", update(feature)])).toEqual(text2);
    expect(await told(byUser(people.maintainer), project, [update("refs/heads/x"), update(feature)])).toBe("allowed");
  });
});

describe("rules in D1", () => {
  it("156, 165: roles", async () => {
    const project = await addCode();
    await protectBranch({ projectId: project.id }, "feat*", [{ accessLevel: 40 }]);
    expect(await told(byUser(people.maintainer), project, update("refs/heads/master") + update(feature))).toBe("allowed");
    expect(await told(byUser(people.developer), project, update("refs/heads/master"))).toBe("allowed");
    expect(await told(byUser(people.developer), project, update(feature))).toEqual(
      refused("You are not allowed to push code to protected branches on this project."),
    );
    expect(await told(byUser(people.maintainer), project, remove(feature))).toEqual(
      refused("You can only delete protected branches using the web interface."),
    );
    expect(await told(byUser(people.maintainer), project, remove(feature), { protocol: "web" })).toBe("allowed");
  });

  it("of the top-level group hold for every project below it, and for no other", async () => {
    const top = await addGroup();
    const below = await addGroup({ parent: await addGroup({ parent: top }) });
    await addMember(people.developer, { group: top }, 30);
    await protectBranch({ namespaceId: top.id }, "release/*", [{ accessLevel: 40 }]);
    const no = refused("You are not allowed to push code to protected branches on this project.");
    for (const place of [top, below])
      expect(await told(byUser(people.developer), await addCode({}, place), update("refs/heads/release/1"))).toEqual(no);
    expect(await told(byUser(people.developer), await addCode(), update("refs/heads/release/1"))).toBe("allowed");
    // The project's own rule may be wider; the most permissive wins.
    const wider = await addCode({}, below);
    await protectBranch({ projectId: wider.id }, "release/1", [{ accessLevel: 30 }]);
    expect(await told(byUser(people.developer), wider, update("refs/heads/release/1"))).toBe("allowed");
  });

  it("users, groups with those above them, and what has expired", async () => {
    const team = await addGroup();
    const squad = await addGroup({ parent: team });
    const [direct, inherited, expired, awaiting, named] = await Promise.all(Array.from({ length: 5 }, () => addUser()));
    const project = await addCode();
    for (const user of [direct!, inherited!, expired!, awaiting!, named!]) await addMember(user, { project }, 30);
    await addMember(direct!, { group: squad }, 10);
    await addMember(inherited!, { group: team }, 10);
    await addMember(expired!, { group: squad }, 50, { expiresAt: "2020-01-01" });
    await addMember(awaiting!, { group: squad }, 50, { isAwaiting: true });
    await protectBranch({ projectId: project.id }, "feature", [{ groupId: squad.id }, { userId: named!.id }]);
    for (const user of [direct!, inherited!, named!]) expect(await told(byUser(user), project, update(feature))).toBe("allowed");
    for (const user of [expired!, awaiting!, people.maintainer])
      expect((await told(byUser(user), project, update(feature))) as { status: number }).toMatchObject({ status: 401 });
  });

  it("126, 128: a deploy key's own level counts for who made it, as long as the key may push", async () => {
    const project = await addCode();
    const maker = people.developer;
    const key = await addDeployKey(maker, [{ project, canPush: true }]);
    const weak = await addDeployKey(maker, [{ project, canPush: false }]);
    await protectBranch({ projectId: project.id }, "feature", [{ accessLevel: 0 }, { deployKeyId: key.id }]);
    await protectBranch({ projectId: project.id }, "weak", [{ deployKeyId: weak.id }]);
    await protectTag(project, "v*", [{ deployKeyId: key.id }]);
    for (const who of [byKey(key), byUser(maker)]) {
      expect(await told(who, project, update(feature))).toBe("allowed");
      expect(await told(who, project, create("refs/tags/v0.1.2"))).toBe("allowed");
      expect(await told(who, project, update("refs/heads/weak"))).toMatchObject({ status: 401 });
    }
    expect(await told(byUser(people.maintainer), project, update(feature))).toMatchObject({ status: 401 });
  });

  it("a deploy key whose maker is gone or blocked passes _any, and pushes nothing that is named", async () => {
    const project = await addCode();
    const blocked = await addUser({ state: "blocked" });
    await addMember(blocked, { project }, 50);
    for (const maker of [null, blocked]) {
      const key = await addDeployKey(maker, [{ project, canPush: true }]);
      expect(await told(byKey(key), project, "_any")).toBe("allowed");
      expect(await told(byKey(key), project, update(feature))).toEqual(refused(texts.push));
    }
  });

  it("219: tags", async () => {
    const project = await addCode();
    await protectTag(project, "v*", [{ accessLevel: 40 }]);
    expect(await told(byUser(people.developer), project, create("refs/tags/v9.1.0"))).toEqual(
      refused("You are not allowed to create this tag as it is protected."),
    );
    expect(await told(byUser(people.maintainer), project, create("refs/tags/v9.1.0"))).toBe("allowed");
    expect(await told(byUser(people.developer), project, create("refs/tags/x1"))).toBe("allowed");
  });

  it("193: the first push, by the namespace's protection and by the instance's", async () => {
    const lax = await addGroup({ defaultBranchProtection: 1 });
    const strict = await addGroup({ defaultBranchProtection: 2 });
    for (const place of [lax, strict]) await addMember(people.developer, { group: place }, 30);
    const first = create("refs/heads/master");
    expect(await told(byUser(people.developer), await addCode({ isRepositoryEmpty: true }, lax), first)).toBe("allowed");
    const project = await addCode({ isRepositoryEmpty: true }, strict);
    expect(await told(byUser(people.developer), project, first)).toEqual(
      refused(
        `\nA default branch (e.g. main) does not yet exist for ${project.fullPath}\nAsk a project Owner or Maintainer to create a default branch:\n\n  http://gitlab.example.test/${project.fullPath}/-/project_members\n\n`,
      ),
    );
    expect(await told(byUser(people.developer), await addCode({ isRepositoryEmpty: true }), first)).toMatchObject({ status: 401 });
    expect(await told(byUser(people.maintainer), await addCode({ isRepositoryEmpty: true }), first)).toBe("allowed");
  });

  it("166: the default branch that is stored", async () => {
    const project = await addCode({ defaultBranch: "trunk" });
    expect(await told(byUser(people.maintainer), project, remove("refs/heads/trunk"))).toEqual(
      refused("The default branch of a project cannot be deleted."),
    );
    expect(await told(byUser(people.maintainer), project, remove("refs/heads/main"))).toBe("allowed");
  });
});

describe("merge requests and stored refs in D1", () => {
  let iid = 0;
  const addMergeRequest = (values: Omit<typeof schema.mergeRequests.$inferInsert, "iid" | "title">) =>
    db.query.insert(schema.mergeRequests).values({ iid: (iid += 1), title: "t", ...values });

  it("162, 163: the commit of a merge that is being performed", async () => {
    const project = await addCode();
    await protectBranch({ projectId: project.id }, "feature", [{ accessLevel: 40 }, { action: "merge", accessLevel: 30 }]);
    const merge = { targetProjectId: project.id, sourceProjectId: project.id, sourceBranch: "x", targetBranch: "feature" };
    await addMergeRequest({ ...merge, state: "opened", inProgressMergeCommitSha: newrev });
    expect(await told(byUser(people.developer), project, update(feature))).toMatchObject({ status: 401 });
    await addMergeRequest({ ...merge, state: "locked", inProgressMergeCommitSha: newrev });
    expect(await told(byUser(people.developer), project, update(feature))).toBe("allowed");
  });

  it("183, 184: a stored head of a protected branch is basis enough; without one nobody can say", async () => {
    const project = await addCode();
    await protectBranch({ projectId: project.id }, "feature", [{ accessLevel: 40 }, { action: "merge", accessLevel: 30 }]);
    await protectBranch({ projectId: project.id }, "stable", [{ accessLevel: 40 }]);
    expect(await told(byUser(people.developer), project, create(feature), { protocol: "web" })).toEqual(
      refused("This push could not be verified: branch_basis. Please contact your administrator."),
    );
    await db.query.insert(schema.gitRefs).values({ projectId: project.id, name: "refs/heads/stable", sha: newrev });
    expect(await told(byUser(people.developer), project, create(feature), { protocol: "web" })).toBe("allowed");
    expect(await told(byUser(people.developer), project, create(feature))).toEqual(
      refused("You can only create protected branches using the web interface and API."),
    );
  });

  it("206: a stored tag exists, also where the line says it is new", async () => {
    const project = await addCode();
    const key = await addDeployKey(people.reporter, [{ project, canPush: true }]);
    expect(await told(byKey(key), project, create("refs/tags/v1"))).toBe("allowed");
    await db.query.insert(schema.gitRefs).values({ projectId: project.id, name: "refs/tags/v1", sha: oldrev });
    expect(await told(byKey(key), project, create("refs/tags/v1"))).toEqual(
      refused("You are not allowed to change existing tags on this project."),
    );
  });

  it("195, 196: whoever may merge a fork's branch may push to it", async () => {
    const author = await addUser();
    const target = await addCode({ visibility: "public" });
    const fork = await addCode({ visibility: "public", forkedFromProjectId: target.id }, author);
    await addMergeRequest({
      targetProjectId: target.id,
      sourceProjectId: fork.id,
      sourceBranch: "feature",
      targetBranch: "main",
      authorId: author.id,
      allowsCollaboration: true,
    });
    const guest = await addUser();
    await addMember(guest, { project: target }, 10);
    const invited = await addGroup();
    const friend = await addUser();
    await addMember(friend, { group: invited }, 40);
    await addShare(invited, { project: target }, 30);
    for (const user of [people.developer, friend]) {
      expect(await told(byUser(user), fork, update(feature))).toBe("allowed");
      expect(await told(byUser(user), fork, "_any")).toBe("allowed");
      expect(await told(byUser(user), fork, update("refs/heads/other"))).toEqual(refused(texts.push));
    }
    for (const changes of [update(feature), "_any"]) expect(await told(byUser(guest), fork, changes)).toEqual(refused(texts.push));
    await protectBranch({ projectId: target.id }, "main", [{ accessLevel: 40 }, { action: "merge", accessLevel: 40 }]);
    expect(await told(byUser(people.developer), fork, update(feature))).toEqual(refused(texts.push));
    expect(await told(byUser(people.maintainer), fork, update(feature))).toBe("allowed");
  });

  it("a merge request inside one project, a closed one, and one without the flag grant nothing", async () => {
    const author = await addUser();
    const target = await addCode({ visibility: "public" });
    const fork = await addCode({ visibility: "public" }, author);
    const base = { sourceBranch: "feature", targetBranch: "main", authorId: author.id, allowsCollaboration: true };
    await addMergeRequest({ ...base, targetProjectId: fork.id, sourceProjectId: fork.id });
    await addMergeRequest({ ...base, targetProjectId: target.id, sourceProjectId: fork.id, state: "closed" });
    await addMergeRequest({ ...base, targetProjectId: target.id, sourceProjectId: fork.id, allowsCollaboration: false });
    expect(await told(byUser(people.maintainer), fork, update(feature))).toEqual(refused(texts.push));
  });
});

describe("18: what nobody can check", () => {
  it("UNVERIFIED_CHECKS says what becomes of the push", async () => {
    const project = await addCode();
    const json = { ...push, ...byUser(people.developer), ...on(project), changes: update(feature) };
    expect((await ask(json)).status).toBe(200);
    expect(await outcome(ask(json, { UNVERIFIED_CHECKS: '{"lfs_integrity":"refuse"}' }))).toEqual(
      refused("This push could not be verified: lfs_integrity. Please contact your administrator."),
    );
    const locked = await addCode({ isLfsEnabled: true });
    await db.query.insert(schema.lfsLocks).values({ projectId: locked.id, userId: people.maintainer.id, path: "a" });
    const swap = { UNVERIFIED_CHECKS: '{"lfs_locks":"refuse"}' };
    expect((await ask(json, swap)).status).toBe(200);
    expect((await ask({ ...json, ...on(locked) }, swap)).status).toBe(401);
  });
});

describe("snippets", () => {
  const addSnippet = async (values: Partial<typeof schema.snippets.$inferInsert>) => {
    const [row] = await db.query
      .insert(schema.snippets)
      .values({ title: "t", authorId: people.developer.id, ...values })
      .returning();
    return { gl_repository: `snippet-${row!.id}` };
  };
  const json = (snippet: object, changes: string) => ({ ...push, ...byUser(people.developer), ...snippet, changes });

  it("23, 254, 255: one branch, made by the first push", async () => {
    const stored = await addSnippet({ isRepositoryEmpty: false, defaultBranch: "main" });
    expect((await ask(json(stored, update("refs/heads/main")))).body).toMatchObject({ status: true, ...stored });
    for (const changes of [remove("refs/heads/main"), create(feature)]) {
      expect(await outcome(ask(json(stored, changes)))).toEqual(refused("You can not create or delete branches."));
    }
    expect((await ask(json(await addSnippet({}), create(feature)))).status).toBe(200);
  });
});

it("a rule made through the API is the rule a push is judged by", async () => {
  const project = await addCode({ path: unique("api") });
  const path = `/projects/${project.id}/protected_branches`;
  expect((await asRoot("POST", path, { json: { name: "feature", push_access_level: 0 } })).status).toBe(201);
  expect(await told(byUser(people.maintainer), project, update(feature))).toMatchObject({ status: 401 });
  expect((await asRoot("DELETE", `${path}/feature`)).status).toBe(204);
  expect(await told(byUser(people.developer), project, update(feature))).toBe("allowed");
  expect((await asRoot("POST", `/projects/${project.id}/archive`)).status).toBe(201);
  expect(await told(byUser(people.developer), project, update(feature))).toEqual(refused("You can't push code to an archived project."));
});

it("whatever is sent as changes, the answer is one of the contract's, and nobody below developer is let in", async () => {
  const project = await addCode();
  await protectBranch({ projectId: project.id }, "*", [{ accessLevel: 40 }]);
  const revision = fc.oneof(
    fc.constantFrom(blank, oldrev, newrev, "0".repeat(64), "", "HEAD", `${oldrev}\u0000`),
    fc.stringMatching(/^[0-9a-fA-F]{38,66}$/),
  );
  const name = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom("main", "*", "a..b", ".lock", "HEAD", "refs/heads/x"),
  );
  const ref = fc.tuple(fc.constantFrom("refs/heads/", "refs/tags/", "refs/notes/", "refs/", ""), name).map((pair) => pair.join(""));
  const line = fc.tuple(revision, revision, ref, fc.constantFrom("", " ", "\r", "\u0000")).map((fields) => fields.join(" "));
  const text = fc.array(line, { maxLength: 4 }).map((lines) => lines.join("\n"));
  const changes = fc.oneof(text, fc.array(fc.oneof(line, fc.jsonValue()), { maxLength: 3 }), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(changes, fc.constantFrom("ssh", "http", "web"), async (sent, protocol) => {
      const more = { protocol };
      const reporter = await told(byUser(people.reporter), project, sent, more);
      expect(reporter).toMatchObject({ status: expect.toBeOneOf([400, 401]), body: { status: false, message: expect.any(String) } });
      const maintainer = await told(byUser(people.maintainer), project, sent, more);
      if (maintainer !== "allowed") expect(maintainer).toMatchObject({ status: expect.toBeOneOf([400, 401]) });
    }),
    { numRuns: 300 },
  );
}, 60_000);
