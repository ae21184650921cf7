import { beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../../src/db/schema/index.ts";
import type { UserRow } from "../../../src/db/users.ts";
import { archive, ask, byKey, byUser, missing, outcome, pull, push, refused, someChanges, texts } from "../../setup/allowed.ts";
import {
  addDeployKey,
  addGroup,
  addKey,
  addMember,
  addProject,
  addShare,
  addUser,
  dayFromNow,
  db,
  type Group,
  type Project,
} from "../../setup/world.ts";

const allowed = "allowed";
/** `allowed`, or the refusal. */
async function told(json: Record<string, unknown>): Promise<unknown> {
  const reply = await outcome(ask(json));
  return reply.status === 200 ? allowed : reply;
}
const expectTold = async (json: Record<string, unknown>, expected: unknown) => expect(await told(json)).toEqual(expected);

let group: Group;
let stranger: UserRow;
const people: Record<string, UserRow> = {};
const projects: Record<string, Project> = {};

const levels = { guest: 10, planner: 15, reporter: 20, developer: 30, maintainer: 40, owner: 50 };

beforeAll(async () => {
  group = await addGroup({ path: "engines" });
  stranger = await addUser();
  for (const visibility of ["private", "internal", "public"] as const)
    projects[visibility] = await addProject(group, { path: visibility, visibility });
  projects["disabled"] = await addProject(group, { visibility: "public", repositoryAccessLevel: "disabled" });
  projects["members"] = await addProject(group, { visibility: "public", repositoryAccessLevel: "private" });
  for (const [role, level] of Object.entries(levels)) {
    people[role] = await addUser();
    await addMember(people[role], { group }, level);
  }
});
const at = (name: string) => ({ gl_repository: `project-${projects[name]!.id}` });
const as = (role: string) => byUser(people[role]!);

describe("who may read", () => {
  it("99: a guest of a private project sees it, and neither pulls nor pushes", async () => {
    await expectTold({ ...pull, ...as("guest"), ...at("private") }, refused(texts.download));
    await expectTold({ ...archive, ...as("guest"), ...at("private") }, refused(texts.download));
    await expectTold({ ...push, ...as("guest"), ...at("private") }, refused(texts.push));
  });

  it("101: a membership that awaits acceptance is none", async () => {
    const awaiting = await addUser();
    await addMember(awaiting, { project: projects["private"]! }, 50, { isAwaiting: true });
    for (const json of [pull, push]) await expectTold({ ...json, ...byUser(awaiting), ...at("private") }, missing(texts.project));
  });

  it("102, 112: who is no member does not see a private project, over ssh and http", async () => {
    for (const protocol of ["ssh", "http", "web"]) {
      for (const json of [pull, push, archive])
        await expectTold({ ...json, protocol, ...byUser(stranger), ...at("private") }, missing(texts.project));
    }
  });

  it("104, 105: public projects, anonymous; an internal one is not there", async () => {
    await expectTold({ ...pull, protocol: "web", ...at("public") }, allowed);
    await expectTold({ ...pull, ...at("public") }, allowed);
    await expectTold({ ...pull, ...at("disabled") }, refused(texts.download));
    await expectTold({ ...pull, ...at("members") }, refused(texts.download));
    await expectTold({ ...pull, ...at("internal") }, missing(texts.project));
  });

  it("108: an archived project is pulled from", async () => {
    const old = await addProject(group, { isArchived: true });
    await expectTold({ ...pull, ...as("developer"), gl_repository: `project-${old.id}` }, allowed);
  });

  it("111: an administrator, member or not, pushes over ssh and http", async () => {
    const member = await addUser({ isAdmin: true });
    await addMember(member, { project: projects["private"]! }, 10);
    for (const who of [member, await addUser({ isAdmin: true })]) {
      for (const protocol of ["ssh", "http"]) await expectTold({ ...push, protocol, ...byUser(who), ...at("private") }, allowed);
    }
  });

  it("111, 112: admin_mode is nothing to this call", async () => {
    await db.query.update(schema.settings).set({ values: { admin_mode: true } });
    await expectTold({ ...push, ...byUser(await addUser({ isAdmin: true })), ...at("private") }, allowed);
    await expectTold({ ...push, ...byUser(stranger), ...at("private") }, missing(texts.project));
    await db.query.update(schema.settings).set({ values: {} });
  });

  it("an external user sees public projects, and internal ones as a member", async () => {
    const external = await addUser({ isExternal: true });
    await expectTold({ ...pull, ...byUser(external), ...at("internal") }, missing(texts.project));
    await expectTold({ ...pull, ...byUser(external), ...at("public") }, allowed);
    await addMember(external, { project: projects["internal"]! }, 10);
    await expectTold({ ...pull, ...byUser(external), ...at("internal") }, allowed);
  });

  it("the owner of a personal namespace owns what is in it", async () => {
    const own = await addProject(stranger);
    await expectTold({ ...push, ...byUser(stranger), project: own.fullPath }, allowed);
    await expectTold({ ...pull, ...as("owner"), project: own.fullPath }, missing(texts.project));
  });
});

const deep = async () => {
  const top = await addGroup();
  const middle = await addGroup({ parent: top });
  const project = await addProject(await addGroup({ parent: middle }));
  return { top, middle, project, json: { ...push, gl_repository: `project-${project.id}` } };
};

describe("through which memberships", () => {
  it("of a group far above, and not of a group beside", async () => {
    const { top, json } = await deep();
    await addMember(stranger, { group: await addGroup({ parent: top }) }, 50);
    await expectTold({ ...json, ...byUser(stranger) }, missing(texts.project));
    const member = await addUser();
    await addMember(member, { group: top }, 30);
    await expectTold({ ...json, ...byUser(member) }, allowed);
  });

  it("the highest counts, and only while it lasts", async () => {
    const { top, middle, project, json } = await deep();
    const member = await addUser();
    await addMember(member, { group: top }, 20);
    await addMember(member, { group: middle }, 30, { expiresAt: dayFromNow(1) });
    await expectTold({ ...json, ...byUser(member) }, allowed);
    const late = await addUser();
    await addMember(late, { project }, 50, { expiresAt: dayFromNow(0) });
    await expectTold({ ...json, ...byUser(late) }, missing(texts.project));
  });

  it("of groups that were invited to the project or to a group above, at most at the share's level, and only while it lasts", async () => {
    const { top, project, json } = await deep();
    const invited = await addGroup();
    const [member, fromAbove] = [await addUser(), await addUser()];
    await addMember(member, { group: invited }, 50);
    await addShare(invited, { project }, 20);
    await expectTold({ ...json, ...byUser(member) }, refused(texts.push));
    await expectTold({ ...json, ...pull, ...byUser(member) }, allowed);
    const other = await addGroup();
    await addMember(fromAbove, { group: other }, 30);
    await addShare(other, { group: top }, 50);
    await expectTold({ ...json, ...byUser(fromAbove) }, allowed);
    const ended = await addGroup();
    const late = await addUser();
    await addMember(late, { group: ended }, 50);
    await addShare(ended, { group: top }, 50, dayFromNow(0));
    await expectTold({ ...json, ...byUser(late) }, missing(texts.project));
  });
});

describe("deploy keys", () => {
  const noWrite = refused("This deploy key does not have write access to this project.");
  let loose: { id: number };
  let reading: { id: number };
  let writing: { id: number };
  beforeAll(async () => {
    const all = Object.values(projects).map((project) => ({ project }));
    loose = await addDeployKey(people["owner"]!, []);
    reading = await addDeployKey(people["owner"]!, all);
    writing = await addDeployKey(
      people["owner"]!,
      all.map((each) => ({ ...each, canPush: true })),
    );
  });

  it("113, 114: not enabled: private and internal projects are not there", async () => {
    for (const name of ["private", "internal"]) {
      for (const json of [pull, push, archive]) await expectTold({ ...json, ...byKey(loose), ...at(name) }, missing(texts.project));
    }
  });

  it("116: enabled, code disabled", async () => {
    await expectTold({ ...pull, ...byKey(reading), ...at("disabled") }, refused(texts.download));
  });

  it("117, 118: not enabled: a public project, as anybody", async () => {
    await expectTold({ ...pull, ...byKey(loose), ...at("public") }, allowed);
    for (const name of ["members", "disabled"]) await expectTold({ ...pull, ...byKey(loose), ...at(name) }, refused(texts.download));
  });

  it("enabled: pulls from each project it is enabled on", async () => {
    for (const name of ["private", "internal", "public", "members"]) await expectTold({ ...pull, ...byKey(reading), ...at(name) }, allowed);
  });

  it("120, 121, 122: pushes with write only", async () => {
    for (const name of ["private", "internal", "public"]) {
      await expectTold({ ...push, ...byKey(writing), ...at(name) }, allowed);
      await expectTold({ ...push, ...byKey(reading), ...at(name) }, noWrite);
    }
    await expectTold({ ...push, ...byKey(loose), ...at("public") }, noWrite);
  });

  it("write on one project is none on another", async () => {
    const key = await addDeployKey(null, [{ project: projects["private"]!, canPush: true }, { project: projects["internal"]! }]);
    await expectTold({ ...push, ...byKey(key), ...at("private") }, allowed);
    await expectTold({ ...push, ...byKey(key), ...at("internal") }, noWrite);
  });

  it("244: wikis: pulled where the wiki is not disabled, never written", async () => {
    const off = await addProject(group, { wikiAccessLevel: "disabled" });
    const key = await addDeployKey(people["owner"]!, [
      { project: off, canPush: true },
      { project: projects["private"]!, canPush: true },
    ]);
    await expectTold({ ...pull, ...byKey(key), gl_repository: `wiki-${projects["private"]!.id}` }, allowed);
    await expectTold(
      { ...pull, ...byKey(key), gl_repository: `wiki-${off.id}` },
      refused("You are not allowed to download files from this wiki."),
    );
    await expectTold(
      { ...push, ...byKey(key), gl_repository: `wiki-${projects["private"]!.id}` },
      refused("You are not allowed to write to this project's wiki."),
    );
  });
});

describe("pushes that name no changes", () => {
  it.each<[string, Partial<Project>, string]>([
    ["142: read-only", { isRepositoryReadOnly: true }, "The repository is temporarily read-only. Please try again later."],
    ["144: archived", { isArchived: true }, "You can't push code to an archived project."],
    ["both", { isArchived: true, isRepositoryReadOnly: true }, "The repository is temporarily read-only. Please try again later."],
  ])("%s", async (_, values, text) => {
    const project = await addProject(group, values);
    const key = await addDeployKey(null, [{ project, canPush: true }]);
    for (const who of [as("maintainer"), as("guest"), byKey(key)])
      await expectTold({ ...push, ...who, gl_repository: `project-${project.id}` }, refused(text));
    // 145: the same with real changes.
    await expectTold({ ...push, ...as("developer"), gl_repository: `project-${project.id}`, changes: someChanges }, refused(text));
  });

  it("144: a group above is archived", async () => {
    const archived = await addGroup({ isArchived: true });
    const project = await addProject(await addGroup({ parent: archived }));
    await addMember(people["owner"]!, { project }, 50);
    await expectTold({ ...push, ...as("owner"), project: project.fullPath }, refused("You can't push code to an archived project."));
    await expectTold({ ...pull, ...as("owner"), project: project.fullPath }, allowed);
  });

  it.each(["guest", "planner", "reporter"])("153: a %s pushes nothing", async (role) => {
    for (const name of ["private", "internal", "public"]) {
      for (const changes of ["_any", "", someChanges, [someChanges]])
        await expectTold({ ...push, ...as(role), ...at(name), changes }, refused(texts.push));
    }
  });

  it.each<[string, unknown]>([
    ["_any", "_any"],
    ["absent", undefined],
    ["null", null],
    ["empty", ""],
    ["blank lines", " \n\n\t\n"],
    ["an empty list", []],
    ["a list of blanks", ["", " \n"]],
  ])("changes are %s: judged by the right to push", async (_, changes) => {
    await expectTold({ ...push, ...as("developer"), ...at("private"), changes }, allowed);
    await expectTold({ ...push, ...byUser(stranger), ...at("public"), changes }, refused(texts.push));
    await expectTold({ ...push, ...at("public"), changes }, refused(texts.upload));
  });
});

const wiki = (project: Project) => ({ gl_repository: `wiki-${project.id}` });

describe("wikis", () => {
  it("237: a developer's push is not looked at", async () => {
    for (const changes of ["_any", "", someChanges, "nonsense", { odd: 1 }])
      await expectTold({ ...push, ...as("developer"), ...wiki(projects["private"]!), changes }, allowed);
  });

  it.each([
    ["planner", allowed],
    ["reporter", refused("You are not allowed to write to this project's wiki.")],
    ["guest", refused("You are not allowed to write to this project's wiki.")],
  ])("a %s writes or is refused", async (role, expected) => {
    await expectTold({ ...push, ...as(role), ...wiki(projects["private"]!) }, expected);
  });

  it("239: who is no member does not find a private one", async () => {
    for (const json of [pull, push]) await expectTold({ ...json, ...byUser(stranger), ...wiki(projects["private"]!) }, missing(texts.wiki));
  });

  it("240, 241: enabled and members-only ones are pulled by members, disabled ones by nobody", async () => {
    const noDownload = refused("You are not allowed to download files from this wiki.");
    for (const [wikiAccessLevel, expected] of [
      ["enabled", allowed],
      ["private", allowed],
      ["disabled", noDownload],
    ] as const) {
      const project = await addProject(group, { wikiAccessLevel, repositoryAccessLevel: "disabled" });
      for (const role of ["planner", "reporter", "owner"]) await expectTold({ ...pull, ...as(role), ...wiki(project) }, expected);
      await expectTold({ ...pull, ...as("guest"), ...wiki(project) }, noDownload);
    }
  });

  it("a read-only one has the wiki's text, an archived one the project's, nobody is told to sign in", async () => {
    const readOnly = await addProject(group, { isRepositoryReadOnly: true });
    const archived = await addProject(group, { isArchived: true });
    await expectTold({ ...push, ...as("owner"), ...wiki(readOnly) }, refused("You can't push code to a read-only GitLab instance."));
    await expectTold({ ...push, ...as("owner"), ...wiki(archived) }, refused("You can't push code to an archived project."));
    await expectTold({ ...push, ...wiki(projects["public"]!) }, refused(texts.upload));
  });
});

describe("snippets", () => {
  let id = 700;
  const addSnippet = async (values: Partial<typeof schema.snippets.$inferInsert> = {}) => {
    id += 1;
    await db.query.insert(schema.snippets).values({ id, title: "t", ...values });
    return { gl_repository: `snippet-${id}` };
  };
  const noRead = refused("You are not allowed to read this snippet.");
  const noUpdate = refused("You are not allowed to update this snippet.");

  it("245: a deploy key is refused, also one that may write", async () => {
    const key = await addDeployKey(stranger, [{ project: projects["private"]!, canPush: true }]);
    for (const snippet of [await addSnippet({ visibility: "public" }), await addSnippet({ projectId: projects["private"]!.id })]) {
      for (const json of [pull, push])
        await expectTold({ ...json, ...byKey(key), ...snippet }, refused("The authentication mechanism is not supported."));
    }
  });

  it("246: a missing one, before the protocol is looked at", async () => {
    await db.query.update(schema.settings).set({ values: { enabled_git_access_protocol: "http" } });
    await expectTold({ ...pull, ...as("owner"), gl_repository: "snippet-999999" }, missing(texts.snippet));
    await expectTold({ ...pull, ...as("owner"), ...(await addSnippet()) }, refused("Git access over SSH is not allowed"));
    await db.query.update(schema.settings).set({ values: {} });
  });

  it("248: a read-only one is pulled, not pushed to", async () => {
    const snippet = await addSnippet({ authorId: stranger.id, isRepositoryReadOnly: true });
    await expectTold(
      { ...push, ...byUser(stranger), ...snippet },
      refused("The repository is temporarily read-only. Please try again later."),
    );
    await expectTold({ ...pull, ...byUser(stranger), ...snippet }, allowed);
  });

  it("249, 250: a private one of a public project", async () => {
    const snippet = await addSnippet({ projectId: projects["public"]!.id, authorId: people["owner"]!.id });
    for (const who of [byUser(stranger), {}]) {
      await expectTold({ ...pull, ...who, ...snippet }, noRead);
      await expectTold({ ...push, ...who, ...snippet }, noUpdate);
    }
    await expectTold({ ...push, ...as("developer"), ...snippet }, noUpdate);
    await expectTold({ ...push, ...as("maintainer"), ...snippet }, allowed);
    await expectTold({ ...push, ...byKey(await addKey(people["owner"]!)), ...snippet }, allowed);
  });

  it("251: of a private project, for who is no member", async () => {
    const snippet = await addSnippet({ projectId: projects["private"]!.id, visibility: "public", authorId: stranger.id });
    for (const who of [byUser(stranger), {}]) {
      for (const json of [pull, push]) await expectTold({ ...json, ...who, ...snippet }, missing(texts.project));
    }
  });

  it("253: the feature is disabled, also for administrators", async () => {
    const project = await addProject(group, { visibility: "public", snippetsAccessLevel: "disabled" });
    const admin = await addUser({ isAdmin: true });
    const snippet = await addSnippet({ projectId: project.id, visibility: "public", authorId: people["owner"]!.id });
    for (const who of [as("owner"), byUser(admin), {}]) {
      await expectTold({ ...pull, ...who, ...snippet }, noRead);
      await expectTold({ ...push, ...who, ...snippet }, noUpdate);
    }
  });

  it("an archived project's are pulled, not pushed to", async () => {
    const project = await addProject(group, { isArchived: true });
    const snippet = await addSnippet({ projectId: project.id, authorId: people["owner"]!.id });
    await expectTold({ ...pull, ...as("owner"), ...snippet }, allowed);
    await expectTold({ ...push, ...as("owner"), ...snippet }, noUpdate);
  });
});

const design = (name: string) => ({ gl_repository: `design-${projects[name]!.id}` });

describe("designs", () => {
  const webOnly = refused("Designs are only accessible using the web interface");
  it("259, 260: over anything but the web, whoever asks for whatever", async () => {
    const key = await addKey(people["owner"]!);
    await expectTold({ ...byKey(key), ...design("private"), protocol: "ssh" }, webOnly);
    for (const protocol of ["ssh", "http", ""]) {
      for (const json of [pull, push]) await expectTold({ ...json, ...byKey(key), ...design("private"), protocol }, webOnly);
    }
    await expectTold({ ...pull, ...design("public") }, webOnly);
  });

  it.each<[string, unknown]>([
    ["guest", refused("You are not allowed to manage designs of this project")],
    ["planner", allowed],
    ["reporter", allowed],
    ["owner", allowed],
  ])("over the web, a %s", async (role, expected) => {
    for (const json of [pull, push]) await expectTold({ ...json, protocol: "web", ...as(role), ...design("private") }, expected);
  });

  it("over the web, a stranger to a public project, and nobody", async () => {
    const noManage = refused("You are not allowed to manage designs of this project");
    for (const who of [byUser(stranger), {}]) await expectTold({ ...push, protocol: "web", ...who, ...design("public") }, noManage);
  });
});

describe("9.5: allowed addresses", () => {
  let walled: Project;
  let member: UserRow;
  beforeAll(async () => {
    const top = await addGroup({ path: "walled", ipRestrictionRanges: "10.0.0.0/8,2001:db8::/32" });
    // Ranges anywhere but at the top are nothing.
    walled = await addProject(await addGroup({ parent: top, ipRestrictionRanges: "192.0.2.0/24" }), { visibility: "public" });
    member = await addUser();
    await addMember(member, { group: top }, 50);
  });

  it.each<[unknown, boolean]>([
    [undefined, true],
    [null, true],
    ["10.200.3.4", true],
    ["::ffff:10.200.3.4", true],
    ["2001:db8:0:0:0:0:0:1", true],
    ["11.0.0.1", false],
    ["192.0.2.1", false],
    ["::ffff:11.0.0.1", false],
    ["2001:db9::1", false],
    ["", false],
    ["not an address", false],
    ["10.0.0.1:22", false],
    ["10.0.0.1, 10.0.0.2", false],
    ["010.0.0.1", false],
    ["167772161", false],
    [167772161, false],
    ["fe80::1%eth0", false],
    ["10.0.0.1\u0000", false],
  ])("check_ip %j: %s", async (check_ip, isInside) => {
    for (const who of [byUser(member), {}]) {
      await expectTold({ ...pull, ...who, gl_repository: `project-${walled.id}`, check_ip }, isInside ? allowed : missing(texts.project));
      await expectTold({ ...pull, ...who, gl_repository: `wiki-${walled.id}`, check_ip }, isInside ? allowed : missing(texts.wiki));
    }
  });

  it("administrators are exempt; deploy keys are not, whoever made them", async () => {
    const admin = await addUser({ isAdmin: true });
    const key = await addDeployKey(admin, [{ project: walled, canPush: true }]);
    const where = { gl_repository: `project-${walled.id}`, check_ip: "11.0.0.1" };
    await expectTold({ ...push, ...byUser(admin), ...where }, allowed);
    await expectTold({ ...push, ...byKey(key), ...where }, missing(texts.project));
    await expectTold({ ...push, ...byKey(key), ...where, check_ip: "10.0.0.1" }, allowed);
  });

  it.each([[true], [[]], [{}]])("check_ip %j is a bad request", async (check_ip) => {
    expect((await ask({ ...pull, ...at("public"), check_ip })).status).toBe(400);
  });

  it("a group without ranges tests nothing", async () => {
    await expectTold({ ...pull, ...at("public"), check_ip: "not an address" }, allowed);
  });
});

describe("namespace_path", () => {
  it.each<[unknown, boolean]>([
    ["engines", true],
    ["ENGINES", true],
    [undefined, true],
    [null, true],
    ["", true],
    [" ", true],
    ["other", false],
    ["engines/private", false],
    ["engine", false],
    ["engines/", false],
    ["%", false],
    [7, false],
  ])("%j: the repository lies there: %s", async (namespace_path, isInside) => {
    await expectTold({ ...pull, ...as("owner"), ...at("private"), namespace_path }, isInside ? allowed : missing(texts.project));
    await expectTold(
      { ...pull, ...as("owner"), gl_repository: `wiki-${projects["private"]!.id}`, namespace_path },
      isInside ? allowed : missing(texts.wiki),
    );
  });

  it("of a personal snippet there is no such group; administrators are not exempt", async () => {
    const admin = await addUser({ isAdmin: true });
    await db.query.insert(schema.snippets).values({ id: 900, title: "t", authorId: admin.id });
    await expectTold({ ...pull, ...byUser(admin), gl_repository: "snippet-900", namespace_path: "engines" }, missing(texts.snippet));
    await expectTold({ ...pull, ...byUser(admin), ...at("private"), namespace_path: "other" }, missing(texts.project));
  });
});
