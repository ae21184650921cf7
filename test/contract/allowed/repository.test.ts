import { eq, sql } from "drizzle-orm";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { runBatch } from "../../../src/db/batch.ts";
import { deleteProjects } from "../../../src/db/deletion.ts";
import * as schema from "../../../src/db/schema/index.ts";
import type { UserRow } from "../../../src/db/users.ts";
import { valuesIn } from "../../../src/db/value-list.ts";
import { archive, ask, byKey, byUser, malformed, missing, outcome, pull, push, refused, someChanges, texts } from "../../setup/allowed.ts";
import {
  addDeployKey,
  addGroup,
  addKey,
  addMember,
  addProject,
  addUser,
  db,
  setSettings,
  unique,
  type Group,
  type Project,
} from "../../setup/world.ts";

let ada: UserRow;
let group: Group;
let project: Project;
const snippetIds = { personal: 501, ofProject: 502, ofOther: 503 };

beforeAll(async () => {
  ada = await addUser({ username: "ada" });
  group = await addGroup({ path: "engines" });
  project = await addProject(group, { id: 42, path: "analytical" });
  const other = await addProject(group, { path: "other" });
  await addMember(ada, { group }, 40);
  await db.query.insert(schema.snippets).values([
    { id: snippetIds.personal, title: "t", authorId: ada.id },
    { id: snippetIds.ofProject, title: "t", authorId: ada.id, projectId: project.id },
    { id: snippetIds.ofOther, title: "t", authorId: ada.id, projectId: other.id },
  ]);
  await db.query.insert(schema.redirectRoutes).values([
    { path: "old/analytical", projectId: project.id },
    { path: "old", namespaceId: group.id },
  ]);
});
afterEach(() => setSettings(null));

/** Which repository an allowed pull is told of; the refusal otherwise. */
async function found(where: Record<string, unknown>, protocol = "ssh"): Promise<unknown> {
  const reply = await ask({ ...pull, protocol, ...byUser(ada), ...where });
  return reply.status === 200 ? [reply.body.gl_repository, reply.body.gl_project_path] : { status: reply.status, body: reply.body };
}

describe("git-access 4.1: gl_repository", () => {
  it.each<[string, string, [string, string]]>([
    ["75: a project", "project-42", ["project-42", "engines/analytical"]],
    ["76: its wiki", "wiki-42", ["wiki-42", "engines/analytical.wiki"]],
    ["its wiki, in three parts", "project-42-wiki", ["wiki-42", "engines/analytical.wiki"]],
    ["78: a personal snippet", "snippet-501", ["snippet-501", "snippets/501"]],
    ["79: a project's snippet", "snippet-502", ["snippet-502", "engines/analytical/snippets/502"]],
    ["leading zeros", "project-0042", ["project-42", "engines/analytical"]],
  ])("%s: %s", async (_, gl_repository, expected) => {
    expect(await found({ gl_repository })).toEqual(expected);
    // It wins over a path, as Gitaly's `project` is a directory on its disk.
    expect(await found({ gl_repository, project: "/var/opt/gitlab/git-data/x.git" })).toEqual(expected);
    expect(await found({ gl_repository, project: "engines/other" })).toEqual(expected);
  });

  it("80: a design repository, over the web", async () => {
    expect(await found({ gl_repository: "design-42" }, "web")).toEqual(["design-42", "engines/analytical.design"]);
  });

  it.each([
    ...["project-foo", "badformat-1"].map((text) => ["82", text]),
    ...["wiki-noid", "foo-2", "project-0", "2-project", "snippet"].map((text) => ["83", text]),
    ...["snippet-2-wiki", "project-wibble-wiki", "wiki-1-project", "project-1-wiki-bar", "project-1-project"].map((text) => ["84", text]),
    ...[
      "group-1-wiki",
      "design-42-wiki",
      "project--42",
      "project-42 ",
      "project-42\n",
      "Project-42",
      "project-4.2",
      "project-0x2a",
      "project-４２",
      "-",
      "project-42\u0000",
    ].map((text) => ["also", text]),
  ])("%s: %j is invalid", async (_, gl_repository) => {
    expect(await found({ gl_repository })).toEqual(malformed("gl_repository is invalid"));
    expect(await found({ gl_repository, project: "engines/analytical" })).toEqual(malformed("gl_repository is invalid"));
  });

  it.each<[string, unknown]>([
    ["project-999999", missing(texts.project)],
    ["wiki-999999", missing(texts.wiki)],
    ["project-999999-wiki", missing(texts.wiki)],
    ["snippet-999999", missing(texts.snippet)],
    ["project-9007199254740993", missing(texts.project)],
    [`project-${"9".repeat(400)}`, missing(texts.project)],
  ])("a well-formed one of nothing: %s", async (gl_repository, expected) => {
    expect(await found({ gl_repository })).toEqual(expected);
  });

  it("a missing design is not to be managed", async () => {
    expect(await found({ gl_repository: "design-999999" }, "web")).toEqual(
      refused("You are not allowed to manage designs of this project"),
    );
  });

  it.each<[string, Record<string, unknown>]>([
    ["neither", {}],
    ["nulls", { project: null, gl_repository: null }],
    ["blanks", { project: " ", gl_repository: "" }],
  ])("%s of both parameters: bad request, before everything else", async (_, where) => {
    expect(await found(where)).toEqual(malformed("project or gl_repository is missing"));
    expect(await outcome(ask({ protocol: "", action: "" }))).toEqual(malformed("project or gl_repository is missing"));
  });

  it("a blank gl_repository is not given", async () => {
    expect(await found({ gl_repository: "", project: "engines/analytical" })).toEqual(["project-42", "engines/analytical"]);
  });
});

describe("git-access 4.2: paths", () => {
  const code = ["project-42", "engines/analytical"];
  const wiki = ["wiki-42", "engines/analytical.wiki"];
  const snippet = ["snippet-502", "engines/analytical/snippets/502"];
  it.each<[string, string, unknown]>([
    ["a path", "engines/analytical", code],
    ["with a slash before", "/engines/analytical", code],
    ["with .git", "engines/analytical.git", code],
    ["with both", "/engines/analytical.git", code],
    ["94: in upper case", "ENGINES/Analytical.git", code],
    ["86: a wiki", "engines/analytical.wiki", wiki],
    ["86: a wiki with .git", "engines/analytical.wiki.git", wiki],
    ["88: a personal snippet", "snippets/501", ["snippet-501", "snippets/501"]],
    ["a personal snippet with .git", "/snippets/501.git", ["snippet-501", "snippets/501"]],
    ["a project's snippet", "engines/analytical/snippets/502.git", snippet],
    ["90: a project's snippet in the short form", "snippets/502", missing(texts.namespace)],
    ["90: a personal snippet in the long form", "engines/analytical/snippets/501", missing(texts.project)],
    ["90: a snippet of another project", "engines/analytical/snippets/503", missing(texts.project)],
    ["a snippet that does not exist", "snippets/999999", missing(texts.namespace)],
    ["a snippet of no number", "engines/analytical/snippets/x", missing(texts.project)],
    ["a snippet with a huge number", `snippets/${"9".repeat(30)}`, missing(texts.namespace)],
    ["95: an unknown path", "engines/nothing", missing(texts.project)],
    ["an unknown namespace", "nobody/nothing", missing(texts.project)],
    ["a group", "engines", missing(texts.namespace)],
    ["two slashes before", "//engines/analytical", missing(texts.namespace)],
    ["a slash behind", "engines/analytical/", missing(texts.project)],
    [".git twice", "engines/analytical.git.git", missing(texts.project)],
    [".GIT", "engines/analytical.GIT", missing(texts.project)],
    [".wiki twice", "engines/analytical.wiki.wiki", missing(texts.project)],
    ["a former group's path alone", "old", missing(texts.namespace)],
    ["an unknown project in a former group", "old/nothing", missing(texts.project)],
    ["dots", "engines/../engines/analytical", missing(texts.namespace)],
    ["a wildcard", "engines/analytic%", missing(texts.project)],
    ["an underscore is no wildcard", "engines/analytica_", missing(texts.project)],
    ["only a slash", "/", missing(texts.namespace)],
    ["only .git", ".git", missing(texts.namespace)],
    ["91: a former path", "old/analytical.git", code],
    ["a former path in upper case", "OLD/analytical", code],
    ["92: a former path of a wiki", "old/analytical.wiki.git", wiki],
    ["a former path of a snippet", "old/analytical/snippets/502", snippet],
  ])("%s", async (_, path, expected) => {
    expect(await found({ project: path })).toEqual(expected);
  });

  it("87: a design", async () => {
    expect(await found({ project: "engines/analytical.design.git" }, "web")).toEqual(["design-42", "engines/analytical.design"]);
    expect(await found({ project: "engines/analytical.design.git" })).toEqual(
      refused("Designs are only accessible using the web interface"),
    );
  });

  it("a project comes before a wiki, a current path before a former one", async () => {
    const taken = await addProject(group, { path: "twice" });
    const looksLikeWiki = await addProject(group, { path: "twice.wiki" });
    expect(await found({ project: "engines/twice.wiki" })).toEqual([`project-${looksLikeWiki.id}`, "engines/twice.wiki"]);
    await db.query.insert(schema.redirectRoutes).values({ path: "engines/twice", projectId: looksLikeWiki.id });
    expect(await found({ project: "engines/twice" })).toEqual([`project-${taken.id}`, "engines/twice"]);
    expect(await found({ gl_repository: `wiki-${taken.id}` })).toEqual([`wiki-${taken.id}`, "engines/twice.wiki"]);
  });
});

describe("98, 106: what is not there", () => {
  it.each<[string, Partial<Project>, string, string]>([
    ["98: code", { hasRepository: false }, "project", "A repository for this project does not exist yet."],
    ["243: wiki", { hasWikiRepository: false }, "wiki", "A repository for this wiki does not exist yet."],
  ])("%s without a repository, also for a guest", async (_, values, type, text) => {
    const empty = await addProject(group, values);
    const guest = await addUser();
    await addMember(guest, { project: empty }, 10);
    for (const who of [byUser(ada), byUser(guest)]) {
      for (const json of [pull, push])
        expect(await outcome(ask({ ...json, ...who, gl_repository: `${type}-${empty.id}` }))).toEqual(missing(text));
    }
  });

  it("a snippet without a repository", async () => {
    await db.query.insert(schema.snippets).values({ id: 510, title: "t", authorId: ada.id, hasRepository: false });
    expect(await found({ gl_repository: "snippet-510" })).toEqual(
      missing("The snippet repository you were looking for could not be found."),
    );
  });

  it("106: a project that was deleted", async () => {
    const gone = await addProject(group);
    const where = [{ project: gone.fullPath }, { gl_repository: `project-${gone.id}` }];
    for (const each of where) expect(await found(each)).toEqual([`project-${gone.id}`, gone.fullPath]);
    await runBatch(db, deleteProjects(db, valuesIn([gone.id])));
    for (const each of where) expect(await found(each)).toEqual(missing(texts.project));
  });
});

const storedMessages = (user: UserRow) => db.query.select().from(schema.storedMessages).where(eq(schema.storedMessages.userId, user.id));

const newMember = async (level = 40) => {
  const user = await addUser();
  await addMember(user, { group }, level);
  return user;
};

describe("96: a moved repository", () => {
  it.each<[string, string, string, string, string]>([
    ["code", "old/analytical.git", "project-42", "Project 'old/analytical' was moved to 'engines/analytical'.", "engines/analytical.git"],
    [
      "a wiki",
      "/old/analytical.wiki.git",
      "wiki-42",
      "Project wiki 'old/analytical.wiki' was moved to 'engines/analytical.wiki'.",
      "engines/analytical.wiki.git",
    ],
    [
      "a snippet",
      "old/analytical/snippets/502",
      "snippet-502",
      "Project snippet 'old/analytical/snippets/502' was moved to 'engines/analytical/snippets/502'.",
      "engines/analytical/snippets/502.git",
    ],
  ])("is served, and the person is told where it is: %s", async (_, path, glRepository, moved, clonePath) => {
    for (const [protocol, prefix] of [
      ["ssh", "git@gitlab.example.test:"],
      ["http", "http://gitlab.example.test/"],
    ]) {
      for (const json of [pull, push, archive]) {
        if (glRepository === "snippet-502" && json === push) continue;
        const user = await newMember();
        const reply = await ask({ ...json, protocol, ...byKey(await addKey(user)), project: path });
        expect(reply.status).toBe(200);
        const [message, ...more] = await storedMessages(user);
        expect(more).toEqual([]);
        expect(message).toMatchObject({
          kind: "moved",
          glRepository,
          text: `${moved}\n\nPlease update your Git remote:\n\n  git remote set-url origin ${prefix}${clonePath}\n`,
        });
        expect(Math.abs(message!.expiresAt.getTime() - Date.now() - 300_000)).toBeLessThan(10_000);
      }
    }
  });

  it("is told once for several calls, with the text of the last", async () => {
    const user = await newMember();
    await ask({ ...pull, ...byUser(user), project: "old/analytical" });
    await ask({ ...pull, ...byUser(user), protocol: "http", project: "old/analytical" });
    const messages = await storedMessages(user);
    expect(messages).toHaveLength(1);
    expect(messages[0]!.text).toContain("set-url origin http://");
  });

  it.each<[string, (user: UserRow) => Promise<Record<string, unknown>>, number]>([
    ["who is refused", async (user) => ({ ...push, action: "nonsense", ...byUser(user), project: "old/analytical" }), 401],
    ["who is there already, in other letter case", async (user) => ({ ...pull, ...byUser(user), project: "/Engines/ANALYTICAL.git" }), 200],
    ["who asks by identifier", async (user) => ({ ...pull, ...byUser(user), gl_repository: "project-42", project: "old/analytical" }), 200],
    [
      "who comes with a deploy key",
      async (user) => ({ ...pull, ...byKey(await addDeployKey(user, [{ project }])), project: "old/analytical" }),
      200,
    ],
  ])("%s is told nothing", async (_, json, status) => {
    const user = await newMember();
    expect((await ask(await json(user))).status).toBe(status);
    expect(await storedMessages(user)).toEqual([]);
  });

  it("nobody is told nothing; who may not see the project does not learn that it moved", async () => {
    const before = await db.query.select().from(schema.storedMessages);
    expect(await outcome(ask({ ...pull, project: "old/analytical" }))).toEqual(missing(texts.project));
    const stranger = await addUser();
    expect(await outcome(ask({ ...pull, ...byUser(stranger), project: "old/analytical" }))).toEqual(missing(texts.project));
    expect(await db.query.select().from(schema.storedMessages)).toEqual(before);
  });

  it("a read-only instance serves it and stores nothing", async () => {
    const user = await newMember();
    expect((await ask({ ...pull, ...byUser(user), project: "old/analytical" }, { READ_ONLY: "on" })).status).toBe(200);
    expect(await storedMessages(user)).toEqual([]);
  });

  it("clone addresses are as configured", async () => {
    const user = await newMember();
    const swap = { SSH_CLONE_PREFIX: "ssh://git@ssh.example.test:2222/", HTTP_CLONE_ROOT: "https://clone.example.test/git/" };
    await ask({ ...pull, ...byUser(user), project: "old/analytical" }, swap);
    expect((await storedMessages(user))[0]!.text).toContain("set-url origin ssh://git@ssh.example.test:2222/engines/analytical.git\n");
    await ask({ ...pull, ...byUser(user), protocol: "web", project: "old/analytical" }, swap);
    expect((await storedMessages(user))[0]!.text).toContain("set-url origin https://clone.example.test/git/engines/analytical.git\n");
  });
});

const count = async () => (await db.query.all<{ n: number }>(sql`select count(*) as n from projects`))[0]!.n;
const projectAt = async (path: string) => {
  const [row] = await db.query
    .select()
    .from(schema.projects)
    .innerJoin(schema.routes, eq(schema.routes.projectId, schema.projects.id))
    .where(eq(schema.routes.path, path));
  return row?.projects ?? null;
};

const nothingMade = async (json: Record<string, unknown>, expected: unknown, swap = {}) => {
  const before = await count();
  expect(await outcome(ask({ ...push, ...byUser(ada), ...json }, swap))).toEqual(expected);
  expect(await count()).toBe(before);
};

describe("git-access 10: creation on push", () => {
  it("129: in the own namespace: one private project, its protected default branch, its owner, and a message", async () => {
    const user = await addUser({ username: "grace" });
    const before = await count();
    const reply = await ask({ ...push, ...byKey(await addKey(user)), project: "/grace/Notexist.git" });
    const made = (await projectAt("grace/notexist"))!;
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ gl_repository: `project-${made.id}`, gl_project_path: "grace/Notexist", gl_project_id: made.id });
    expect(await count()).toBe(before + 1);
    expect(made).toMatchObject({
      name: "Notexist",
      path: "Notexist",
      visibility: "private",
      creatorId: user.id,
      defaultBranch: "main",
      isRepositoryEmpty: true,
    });
    expect(await db.query.select().from(schema.members).where(eq(schema.members.projectId, made.id))).toMatchObject([
      { userId: user.id, accessLevel: 50 },
    ]);
    expect(await db.query.select().from(schema.protectedBranches).where(eq(schema.protectedBranches.projectId, made.id))).toMatchObject([
      { name: "main" },
    ]);
    expect(await storedMessages(user)).toMatchObject([
      {
        kind: "created",
        glRepository: `project-${made.id}`,
        text: "\nThe private project grace/Notexist was successfully created.\n\nTo configure the remote, run:\n  git remote add origin git@gitlab.example.test:grace/Notexist.git\n\nTo view the project, visit:\n  http://gitlab.example.test/grace/Notexist\n\n",
      },
    ]);
  });

  it("130: in a group, as its developers may", async () => {
    const developer = await addUser();
    const sub = await addGroup({ parent: group, defaultBranch: "trunk" });
    await addMember(developer, { group }, 30);
    expect((await ask({ ...push, ...byUser(developer), protocol: "http", project: `${sub.fullPath}/made` })).status).toBe(200);
    expect(await projectAt(`${sub.fullPath}/made`)).toMatchObject({
      namespaceId: sub.id,
      name: "made",
      defaultBranch: "trunk",
      creatorId: developer.id,
    });
    expect((await storedMessages(developer))[0]!.text).toContain(
      `git remote add origin http://gitlab.example.test/${sub.fullPath}/made.git\n`,
    );
  });

  it("the same push again, and several at once, make one project", async () => {
    const before = await count();
    const json = { ...push, ...byUser(ada), project: "ada/at-once" };
    const replies = await Promise.all([ask(json), ask(json), ask(json)]);
    const again = await ask(json);
    expect(await count()).toBe(before + 1);
    const made = (await projectAt("ada/at-once"))!;
    for (const reply of [...replies, again]) {
      expect(reply.status).toBe(200);
      expect(reply.body.gl_repository).toBe(`project-${made.id}`);
    }
  });

  it.each<[string, Record<string, unknown>, unknown]>([
    ["132", { project: "snippets/notexist.git" }, missing(texts.namespace)],
    ["133", { project: "ada/notexist/snippets/notexist.git" }, missing(texts.project)],
    ["134", { project: "engines/analytical/notexist/snippets/notexist.git" }, missing(texts.project)],
    ["135: no namespace, push", { project: "project.git" }, missing(texts.namespace)],
    ["135: no namespace, pull", { ...pull, project: "project.git" }, missing(texts.namespace)],
    ["137: another user's namespace", { project: "root/fresh" }, missing(texts.project)],
    ["138: real changes", { project: "ada/fresh", changes: someChanges }, missing(texts.project)],
    ["no changes", { project: "ada/fresh", changes: undefined }, missing(texts.project)],
    ["empty changes", { project: "ada/fresh", changes: "" }, missing(texts.project)],
    ["141: a pull", { ...pull, project: "ada/fresh" }, missing(texts.project)],
    ["an archive", { ...archive, project: "ada/fresh" }, missing(texts.project)],
    ["nobody", { project: "ada/fresh", user_id: null }, missing(texts.project)],
    ["an unknown namespace", { project: "nowhere/fresh" }, missing(texts.project)],
    ["a project for a namespace", { project: "engines/analytical/fresh" }, missing(texts.project)],
    ["a former namespace", { project: "old/fresh" }, missing(texts.project)],
    ["by gl_repository", { gl_repository: "project-999999" }, missing(texts.project)],
    ["a certificate of another group", { project: "engines/fresh", namespace_path: "other" }, missing(texts.project)],
    ["a certificate of a group, in the own namespace", { project: "ada/fresh", namespace_path: "engines" }, missing(texts.project)],
    [
      "a name that cannot be",
      { project: "ada/a b" },
      {
        status: 422,
        body: {
          status: false,
          message:
            "Could not create project: Path can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or end in '.atom'",
        },
      },
    ],
    [
      "a reserved name",
      { project: "ada/tree" },
      { status: 422, body: { status: false, message: "Could not create project: Path tree is a reserved name" } },
    ],
    [
      "a name of 256 letters",
      { project: `ada/${"x".repeat(256)}` },
      { status: 422, body: { status: false, message: expect.stringMatching(/^Could not create project: Path /) } },
    ],
  ])("nothing is made: %s", async (_, json, expected) => {
    await nothingMade(json, expected);
  });

  it("139: nor by a deploy key, whoever made it", async () => {
    const key = await addDeployKey(ada, [{ project, canPush: true }]);
    await nothingMade({ user_id: undefined, ...byKey(key), project: "ada/by-deploy-key" }, missing(texts.project));
  });

  it("nor on a read-only instance, nor by a blocked user, nor over a protocol that is not allowed", async () => {
    await nothingMade({ project: "ada/fresh" }, refused("You can't push code to a read-only GitLab instance."), { READ_ONLY: "on" });
    await setSettings({ enabled_git_access_protocol: "http" });
    await nothingMade({ project: "ada/fresh" }, refused("Git access over SSH is not allowed"));
    await setSettings(null);
    const blocked = await addUser({ state: "blocked" });
    await nothingMade({ ...byUser(blocked), project: `${blocked.username}/fresh` }, refused("Your account has been blocked."));
  });

  it("nor in a group whose own rules would refuse the push", async () => {
    const walled = await addGroup({ ipRestrictionRanges: "10.0.0.0/8" });
    const overHttp = await addGroup({ enabledGitAccessProtocol: "http" });
    for (const each of [walled, overHttp]) await addMember(ada, { group: each }, 50);
    await nothingMade({ project: `${walled.fullPath}/fresh`, check_ip: "192.0.2.1" }, missing(texts.project));
    await nothingMade({ project: `${overHttp.fullPath}/fresh` }, refused("Git access over SSH is not allowed"));
    expect((await ask({ ...push, ...byUser(ada), project: `${walled.fullPath}/fresh`, check_ip: "10.0.0.1" })).status).toBe(200);
  });

  it("nor beyond the personal limit", async () => {
    const limited = await addUser({ projectsLimit: 1 });
    expect((await ask({ ...push, ...byUser(limited), project: `${limited.username}/first` })).status).toBe(200);
    await nothingMade({ ...byUser(limited), project: `${limited.username}/second` }, missing(texts.project));
  });

  it("nor beyond the personal limit by several pushes at once", async () => {
    const limited = await addUser({ projectsLimit: 1 });
    const before = await count();
    const replies = await Promise.all(
      Array.from({ length: 6 }, (_, index) => ask({ ...push, ...byUser(limited), project: `${limited.username}/p${index}` })),
    );
    const outcomes = replies.map(({ status, body }) => (status === 200 ? 200 : { status, body }));
    expect(outcomes.filter((each) => each === 200)).toHaveLength(1);
    expect(outcomes.filter((each) => each !== 200)).toEqual(Array.from({ length: 5 }, () => missing(texts.project)));
    expect(await count()).toBe(before + 1);
  });

  it("by an administrator in another's namespace: its owner owns the project", async () => {
    const admin = await addUser({ isAdmin: true });
    const owner = await addUser({ projectsLimit: 0 });
    expect((await ask({ ...push, ...byUser(admin), project: `${owner.username}/gift` })).status).toBe(200);
    const made = (await projectAt(`${owner.username}/gift`))!;
    expect(await db.query.select().from(schema.members).where(eq(schema.members.projectId, made.id))).toMatchObject([
      { userId: owner.id, accessLevel: 50 },
    ]);
  });

  it("a namespace that is deleted while the project is made: not found, and no failure", async () => {
    const path = unique("ghostly");
    const trigger = `create trigger vanished before insert on projects when new.path = '${path}'
      begin select raise(abort, 'FOREIGN KEY constraint failed'); end`;
    await db.query.run(sql.raw(trigger));
    await nothingMade({ project: `ada/${path}` }, missing(texts.project));
    await db.query.run(sql`drop trigger vanished`);
  });
});
