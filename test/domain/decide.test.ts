import { describe, expect, it } from "vitest";
import { decideAccess } from "../setup/decide.ts";
import { canUpdateSnippet, subjectOf } from "../../src/domain/access/abilities.ts";
import type { AccessFacts, TargetFacts } from "../../src/domain/access/facts.ts";
import type { AccessRequest } from "../../src/domain/access/request.ts";
import { parseChanges } from "../../src/domain/git/changes.ts";
import { effectiveAccess, type Membership } from "../../src/domain/identity/access-level.ts";
import { parseRepositoryPath, type RepositoryType } from "../../src/domain/identity/gl-repository.ts";
import type { ProjectCreationLevel } from "../../src/domain/identity/namespace.ts";
import { keyTypes } from "../../src/domain/identity/ssh-key.ts";
import type { FeatureLevel, Visibility } from "../../src/domain/identity/visibility.ts";
import {
  aGroup,
  aKey,
  aMembership,
  aProject,
  aPush,
  aRequest,
  aSnippet,
  aUser,
  inHours,
  named,
  now,
  someFacts,
  targetOf,
  updatesOf,
} from "../setup/facts.ts";

/** `allowed`, `create`, or the reason of the refusal. */
function verdict(request: AccessRequest, facts: AccessFacts): string {
  const decision = decideAccess(request, facts, now);
  return decision.kind === "refused" ? decision.refusal.reason : decision.kind;
}

function message(request: AccessRequest, facts: AccessFacts): string | null {
  const decision = decideAccess(request, facts, now);
  return decision.kind === "refused" ? decision.refusal.message : null;
}

/** Who may look at a project, by what makes them different. */
const viewers = {
  anonymous: { user: null },
  external: { user: aUser({ isExternal: true }) },
  "signed in": {},
  minimal: { memberships: [aMembership(5)] },
  guest: { memberships: [aMembership(10)] },
  planner: { memberships: [aMembership(15)] },
  reporter: { memberships: [aMembership(20)] },
  developer: { memberships: [aMembership(30)] },
  maintainer: { memberships: [aMembership(40)] },
  owner: { memberships: [aMembership(50)] },
  admin: { user: aUser({ isAdmin: true }) },
} satisfies Record<string, Partial<AccessFacts>>;
type ViewerName = keyof typeof viewers;
const viewerNames = Object.keys(viewers) as ViewerName[];

const byId = (type: RepositoryType, id = 42) => ({ repository: { identifier: { type, id } } });

/** Reads a table whose columns are all the viewers, in the order above. */
function matrix<Row extends string>(rows: Record<Row, string>): [Row, ViewerName, string][] {
  return (Object.entries(rows) as [Row, string][]).flatMap(([row, cells]) => {
    const outcomes = cells.trim().split(/\s+/);
    expect(outcomes).toHaveLength(viewerNames.length);
    return viewerNames.map((viewer, column): [Row, ViewerName, string] => [row, viewer, outcomes[column]!]);
  });
}

type Cell = `${Visibility} ${FeatureLevel}`;
const cellOf = (cell: Cell) => cell.split(" ") as [Visibility, FeatureLevel];

describe("git-access 9.1, 9.2: fetching", () => {
  /* Columns: anonymous, external, signed in, minimal, guest, planner, reporter, developer, maintainer, owner, admin.
     "none": not found. "no": seen, but not to be downloaded. */
  const table = matrix({
    "private enabled": "none none none none no yes yes yes yes yes yes",
    "private private": "none none none none no yes yes yes yes yes yes",
    "private disabled": "none none none none no no no no no no no",
    "internal enabled": "none none yes yes yes yes yes yes yes yes yes",
    "internal private": "none none no no yes yes yes yes yes yes yes",
    "internal disabled": "none none no no no no no no no no no",
    "public enabled": "yes yes yes yes yes yes yes yes yes yes yes",
    "public private": "no no no no yes yes yes yes yes yes yes",
    "public disabled": "no no no no no no no no no no no",
  });

  describe.each(["git-upload-pack", "git-upload-archive"])("%s", (action) => {
    it.each(table)("code, project and repository %s, %s: %s", (cell, viewer, outcome) => {
      const [visibility, repositoryAccessLevel] = cellOf(cell);
      const facts = someFacts({ ...viewers[viewer], target: targetOf("project", aProject({ visibility, repositoryAccessLevel })) });
      expect(verdict(aRequest({ action }), facts)).toBe({ yes: "allowed", no: "download", none: "project_not_found" }[outcome]);
    });

    it.each(table)("wiki, project and wiki %s, %s: %s", (cell, viewer, outcome) => {
      const [visibility, wikiAccessLevel] = cellOf(cell);
      const project = aProject({ visibility, wikiAccessLevel, repositoryAccessLevel: "disabled" });
      const facts = someFacts({ ...viewers[viewer], target: targetOf("wiki", project) });
      const expected = { yes: "allowed", no: "wiki_download", none: "wiki_not_found" }[outcome];
      expect(verdict(aRequest({ action, ...byId("wiki") }), facts)).toBe(expected);
    });
  });
});

describe("git-access 9.3, 11.1: pushing", () => {
  /* "none": not found. "nobody": no user. "no": no right. */
  const code = matrix({
    "private enabled": "none none none none no no no yes yes yes yes",
    "private private": "none none none none no no no yes yes yes yes",
    "private disabled": "none none none none no no no no no no no",
    "internal enabled": "none none no no no no no yes yes yes yes",
    "internal private": "none none no no no no no yes yes yes yes",
    "internal disabled": "none none no no no no no no no no no",
    "public enabled": "nobody no no no no no no yes yes yes yes",
    "public private": "nobody no no no no no no yes yes yes yes",
    "public disabled": "nobody no no no no no no no no no no",
  });
  it.each(code)("code, project and repository %s, %s: %s", (cell, viewer, outcome) => {
    const [visibility, repositoryAccessLevel] = cellOf(cell);
    const facts = someFacts({ ...viewers[viewer], target: targetOf("project", aProject({ visibility, repositoryAccessLevel })) });
    const expected = { yes: "allowed", no: "push_code", nobody: "upload", none: "project_not_found" }[outcome];
    expect(verdict(aPush(), facts)).toBe(expected);
  });

  const wiki = matrix({
    "private enabled": "none none none none no yes no yes yes yes yes",
    "private private": "none none none none no yes no yes yes yes yes",
    "private disabled": "none none none none no no no no no no no",
    "internal enabled": "none none no no no yes no yes yes yes yes",
    "internal private": "none none no no no yes no yes yes yes yes",
    "internal disabled": "none none no no no no no no no no no",
    "public private": "nobody no no no no yes no yes yes yes yes",
    "public enabled": "nobody no no no no yes no yes yes yes yes",
    "public disabled": "nobody no no no no no no no no no no",
  });
  it.each(wiki)("wiki, project and wiki %s, %s: %s", (cell, viewer, outcome) => {
    const [visibility, wikiAccessLevel] = cellOf(cell);
    const facts = someFacts({ ...viewers[viewer], target: targetOf("wiki", aProject({ visibility, wikiAccessLevel })) });
    const expected = { yes: "allowed", no: "wiki_write", nobody: "upload", none: "wiki_not_found" }[outcome];
    // What is pushed to a wiki is not looked at.
    for (const changes of ["any", named, "none"] as const) {
      expect(verdict(aPush({ ...byId("wiki"), changes }), facts)).toBe(expected);
    }
  });

  const maintainer = viewers.maintainer;
  const inState = (project: Parameters<typeof aProject>[0], more: Partial<AccessFacts> = {}) =>
    someFacts({ ...maintainer, target: targetOf("project", aProject(project)), ...more });
  it.each<[string, AccessFacts, string]>([
    ["a read-only repository", inState({ isRepositoryReadOnly: true }), "read_only"],
    ["an archived project", inState({ isArchived: true }), "archived"],
    ["an archived ancestor", inState({}, { namespaces: [aGroup({ id: 101 }), aGroup({ isArchived: true })] }), "archived"],
    ["both: read-only comes first", inState({ isRepositoryReadOnly: true, isArchived: true }), "read_only"],
    ["archived comes before the missing user", inState({ isArchived: true, visibility: "public" }, { user: null }), "archived"],
    ["a read-only instance comes before all", someFacts({ instance: { isReadOnly: true }, target: null }), "cannot_push_to_read_only"],
  ])("%s", (_, facts, expected) => {
    expect(verdict(aPush(), facts)).toBe(expected);
  });

  it("a fetch from a read-only, archived project on a read-only instance is allowed", () => {
    const facts = inState({ isRepositoryReadOnly: true, isArchived: true }, { namespaces: [aGroup({ isArchived: true })] });
    expect(verdict(aRequest(), { ...facts, instance: { ...facts.instance, isReadOnly: true } })).toBe("allowed");
  });

  it("a read-only wiki has the wiki's text", () => {
    const facts = someFacts({ ...maintainer, target: targetOf("wiki", aProject({ isRepositoryReadOnly: true })) });
    expect(message(aPush(byId("wiki")), facts)).toBe("You can't push code to a read-only GitLab instance.");
  });

  it("blank changes are judged like `_any`", () => {
    expect(verdict(aPush({ changes: "none" }), inState({}))).toBe("allowed");
    expect(verdict(aPush({ changes: "none" }), someFacts(viewers.reporter))).toBe("push_code");
  });

  it("who may not push hears that, whatever the changes", () => {
    expect(verdict(aPush({ changes: named }), someFacts(viewers.reporter))).toBe("push_code");
  });
});

describe("git-access 9: which memberships count", () => {
  const today = "2026-03-15";
  const tomorrow = "2026-03-16";
  it.each<[string, Membership[], number]>([
    ["none", [], 0],
    ["the highest", [aMembership(20), aMembership(40, { source: "namespace", sourceId: 100 }), aMembership(30)], 40],
    ["expired today", [aMembership(40, { expiresAt: today })], 0],
    ["expires tomorrow", [aMembership(40, { expiresAt: tomorrow })], 40],
    ["awaiting acceptance", [aMembership(40, { isAwaiting: true })], 0],
    ["awaiting above an accepted one", [aMembership(40, { isAwaiting: true }), aMembership(20)], 20],
    ["a share caps", [aMembership(50, { source: "share", cap: 20 })], 20],
    ["a share never lifts", [aMembership(10, { source: "share", cap: 50 })], 10],
    ["a share expired today", [aMembership(50, { source: "share", cap: 30, capExpiresAt: today })], 0],
    ["a share that expires tomorrow", [aMembership(50, { source: "share", cap: 30, capExpiresAt: tomorrow })], 30],
    ["a member expired in a share", [aMembership(50, { source: "share", cap: 30, expiresAt: today })], 0],
  ])("%s", (_, memberships, level) => {
    expect(effectiveAccess(memberships, today).level).toBe(level);
    expect(verdict(aRequest(), someFacts({ memberships }))).toBe(level >= 15 ? "allowed" : level >= 10 ? "download" : "project_not_found");
    expect(verdict(aPush(), someFacts({ memberships }))).toBe(level >= 30 ? "allowed" : level >= 10 ? "push_code" : "project_not_found");
  });

  it("the owner of the personal namespace counts as owner, nobody else does", () => {
    const own = { namespaces: [aGroup({ kind: "user", ownerId: 7 })] };
    expect(verdict(aPush(), someFacts(own))).toBe("allowed");
    expect(verdict(aPush(), someFacts({ ...own, user: aUser({ id: 8 }) }))).toBe("project_not_found");
    expect(verdict(aPush(), someFacts({ ...own, user: null }))).toBe("project_not_found");
  });
});

describe("deploy keys", () => {
  const key = aKey({ kind: "deploy" });
  /* Columns: not enabled, enabled, enabled with write. */
  it.each<[Cell, "code" | "wiki", string, string, string]>([
    ["private enabled", "code", "project_not_found", "allowed", "allowed"],
    ["private private", "code", "project_not_found", "allowed", "allowed"],
    ["private disabled", "code", "project_not_found", "download", "download"],
    ["internal enabled", "code", "project_not_found", "allowed", "allowed"],
    ["internal disabled", "code", "project_not_found", "download", "download"],
    ["public enabled", "code", "allowed", "allowed", "allowed"],
    ["public private", "code", "download", "allowed", "allowed"],
    ["public disabled", "code", "download", "download", "download"],
    ["private enabled", "wiki", "wiki_not_found", "allowed", "allowed"],
    ["private disabled", "wiki", "wiki_not_found", "wiki_download", "wiki_download"],
    ["public private", "wiki", "wiki_download", "allowed", "allowed"],
  ])("fetch, %s, %s", (cell, what, ...expected) => {
    const [visibility, level] = cellOf(cell);
    const type = what === "code" ? "project" : "wiki";
    const project = aProject({ visibility, ...(what === "code" ? { repositoryAccessLevel: level } : { wikiAccessLevel: level }) });
    for (const [index, deployKeyGrant] of [null, { canPush: false }, { canPush: true }].entries()) {
      // The creator's rights are never the key's.
      const facts = someFacts({ key, user: aUser({ isAdmin: true }), deployKeyGrant, target: targetOf(type, project) });
      expect(verdict(aRequest(byId(type)), facts)).toBe(expected[index]);
    }
  });

  it.each<[string, Partial<AccessFacts>, Partial<AccessRequest>, string]>([
    ["enabled with write, any changes", { deployKeyGrant: { canPush: true } }, {}, "allowed"],
    ["enabled with write, named changes, made by an administrator", { deployKeyGrant: { canPush: true } }, { changes: named }, "allowed"],
    [
      "enabled with write, named changes, made by a stranger",
      { deployKeyGrant: { canPush: true }, user: aUser() },
      { changes: named },
      "push_code",
    ],
    ["enabled without write", { deployKeyGrant: { canPush: false } }, {}, "deploy_key_upload"],
    ["not enabled, private", {}, {}, "project_not_found"],
    ["not enabled, public", { target: targetOf("project", aProject({ visibility: "public" })) }, {}, "deploy_key_upload"],
    [
      "wiki, with write: no role to write it with",
      { deployKeyGrant: { canPush: true }, target: targetOf("wiki", aProject()) },
      byId("wiki"),
      "wiki_write",
    ],
    [
      "wiki, without write",
      { deployKeyGrant: { canPush: false }, target: targetOf("wiki", aProject()) },
      byId("wiki"),
      "deploy_key_upload",
    ],
    ["a missing project is not created", { target: null }, {}, "project_not_found"],
  ])("push, %s", (_, facts, request, expected) => {
    expect(verdict(aPush(request), someFacts({ key, user: aUser({ isAdmin: true }), ...facts }))).toBe(expected);
  });

  it.each([["blocked"], ["banned"], ["deactivated"]] as const)("a creator who is %s does not stop the key", (state) => {
    expect(verdict(aRequest(), someFacts({ key, user: aUser({ state }), deployKeyGrant: { canPush: false } }))).toBe("allowed");
  });

  it("a creator who is gone does not stop the key", () => {
    expect(verdict(aRequest(), someFacts({ key, user: null, deployKeyGrant: { canPush: false } }))).toBe("allowed");
  });
});

/** One repair after another; each lets the next guard speak. */
type Step = [reason: string, repair: (request: AccessRequest, facts: AccessFacts) => void];
const repairTarget = (change: (target: TargetFacts) => void) => (_: AccessRequest, facts: AccessFacts) => change(facts.target!);

/** A push that every guard would stop. */
const everythingWrong = (type: RepositoryType, snippet: TargetFacts["snippet"] = null): [AccessRequest, AccessFacts] => [
  aPush({
    ...byId(type),
    protocol: "http",
    changes: parseChanges("not a change"),
    namespacePath: "other",
    checkIp: "192.0.2.1",
    scopedUser: { id: 8, text: "8" },
  }),
  someFacts({
    instance: { isReadOnly: true, commandsDisabledOverHttp: ["git-receive-pack"] },
    settings: { enabled_git_access_protocol: "ssh", rsa_key_restriction: 4096, enforce_terms: true },
    key: aKey({ keyType: "rsa", bits: 2048, expiresAt: inHours(-1) }),
    user: aUser({ userType: "ghost", state: "blocked", isConfirmed: false, isLocked: true, passwordExpiresAt: inHours(-1) }),
    namespaces: [aGroup({ enabledGitAccessProtocol: "ssh", ipRestrictionRanges: "10.0.0.0/8" })],
    target: targetOf(
      type,
      aProject({
        isArchived: true,
        isRepositoryReadOnly: true,
        hasRepository: false,
        hasWikiRepository: false,
        hasDesignRepository: false,
      }),
      snippet,
    ),
    isOverOperationLimit: true,
  }),
];

describe("the order of the guards", () => {
  const beforeContainer: Step[] = [
    ["scoped_user", (request) => (request.scopedUser = { id: 7, text: "7" })],
    ["operation_limit", (_, facts) => (facts.isOverOperationLimit = false)],
    ["protocol", (_, facts) => (facts.instance.settings.enabled_git_access_protocol = "http")],
    ["protocol", (_, facts) => (facts.namespaces.at(-1)!.enabledGitAccessProtocol = "all")],
    ["key_invalid", (_, facts) => (facts.key!.bits = 4096)],
    ["key_expired", (_, facts) => (facts.key!.expiresAt = inHours(1))],
    ["internal", (_, facts) => (facts.user!.userType = "human")],
    ["terms_not_accepted", (_, facts) => (facts.user!.hasAcceptedTerms = true)],
    ["unconfirmed", (_, facts) => (facts.user!.isConfirmed = true)],
    ["blocked", (_, facts) => (facts.user!.state = "active")],
    ["password_expired", (_, facts) => (facts.user!.passwordExpiresAt = null)],
    ["blocked", (_, facts) => (facts.user!.isLocked = false)],
    ["receive_pack_disabled_over_http", (_, facts) => (facts.instance.commandsDisabledOverHttp = [])],
    ["cannot_push_to_read_only", (_, facts) => (facts.instance.isReadOnly = false)],
  ];
  const repairReach: Step[] = [
    ["project_not_found", (_, facts) => (facts.memberships = [aMembership(10)])],
    ["project_not_found", (request) => (request.namespacePath = "engines")],
    ["project_not_found", (request) => (request.checkIp = "10.1.2.3")],
  ];
  function climb([request, facts]: [AccessRequest, AccessFacts], steps: Step[], last: string) {
    for (const [reason, repair] of steps) {
      expect(verdict(request, facts)).toBe(reason);
      repair(request, facts);
    }
    expect(verdict(request, facts)).toBe(last);
  }

  it("code", () => {
    climb(
      everythingWrong("project"),
      [
        ...beforeContainer,
        ...repairReach,
        ["no_repo", repairTarget((target) => (target.project!.hasRepository = true))],
        ["changes_invalid", (request) => (request.changes = named)],
        ["read_only", repairTarget((target) => (target.project!.isRepositoryReadOnly = false))],
        ["archived", repairTarget((target) => (target.project!.isArchived = false))],
        ["push_code", (_, facts) => (facts.memberships = [aMembership(30)])],
      ],
      "allowed",
    );
  });

  it("wiki", () => {
    climb(
      everythingWrong("wiki"),
      [
        ...beforeContainer,
        ...repairReach.map(([, repair]): Step => ["wiki_not_found", repair]),
        ["wiki_no_repo", repairTarget((target) => (target.project!.hasWikiRepository = true))],
        ["wiki_read_only", repairTarget((target) => (target.project!.isRepositoryReadOnly = false))],
        ["archived", repairTarget((target) => (target.project!.isArchived = false))],
        ["wiki_write", (_, facts) => (facts.memberships = [aMembership(30)])],
      ],
      "allowed",
    );
  });

  it("project snippet: a missing one comes before the protocol", () => {
    const [request, facts] = everythingWrong("snippet", aSnippet({ authorId: 8, hasRepository: false, isRepositoryReadOnly: true }));
    const target = facts.target;
    facts.target = null;
    climb(
      [request, facts],
      [
        ...beforeContainer.slice(0, 2),
        ["snippet_not_found", (_, later) => (later.target = target)],
        ...beforeContainer.slice(2),
        ...repairReach,
        ["snippet_no_repo", repairTarget(({ snippet }) => (snippet!.hasRepository = true))],
        ["changes_invalid", (later) => (later.changes = updatesOf("refs/heads/main"))],
        ["read_only", repairTarget(({ snippet }) => (snippet!.isRepositoryReadOnly = false))],
        ["snippet_update", repairTarget(({ snippet }) => (snippet!.authorId = 7))],
        ["snippet_update", repairTarget(({ project }) => (project!.isArchived = false))],
      ],
      "allowed",
    );
  });

  it("snippet: a deploy key is refused after the protocol and before what is wrong with the key", () => {
    const [request, facts] = everythingWrong("snippet", aSnippet());
    facts.key!.kind = "deploy";
    climb([request, facts], beforeContainer.slice(0, 4), "snippet_authentication_mechanism");
  });

  it("design: the web interface comes first, the role after the account", () => {
    climb(
      everythingWrong("design"),
      [
        ...beforeContainer.slice(0, 2),
        ["design_web_only", (request) => (request.protocol = "web")],
        ...beforeContainer.slice(4, 12),
        ["design_manage", (_, facts) => (facts.memberships = [aMembership(30)])],
        ["cannot_push_to_read_only", (_, facts) => (facts.instance.isReadOnly = false)],
      ],
      "design_manage",
    );
  });

  it("a blocked member who pulls sees the account text, not 404", () => {
    expect(verdict(aRequest(), someFacts({ user: aUser({ state: "blocked" }) }))).toBe("blocked");
  });

  it.each(["", "git-lfs-transfer", "GIT-UPLOAD-PACK", "constructor"])(
    "an unknown command (%j) on a hidden project gets command_not_allowed, not 404",
    (action) => {
      expect(verdict(aRequest({ action }), someFacts())).toBe("command_not_allowed");
    },
  );
});

describe("git-access 2.1: a call that is one user's", () => {
  const text = "404 User ID 8 not found Not Found";
  it.each<[string, { id: number | null; text: string }, Partial<AccessFacts>, string | null]>([
    ["that user", { id: 7, text: "7" }, {}, null],
    ["another", { id: 8, text: "8" }, {}, text],
    ["nobody", { id: 8, text: "8" }, { user: null }, text],
    ["what is no id", { id: null, text: "ada" }, {}, "404 User ID ada not found Not Found"],
    ["what is no id, nobody", { id: null, text: "ada" }, { user: null }, "404 User ID ada not found Not Found"],
  ])("%s", (_, scopedUser, person, expected) => {
    const facts = someFacts({ ...viewers.developer, ...person, target: targetOf("project", aProject({ visibility: "public" })) });
    expect(message(aRequest({ scopedUser }), facts)).toBe(expected);
  });
});

describe("git-access 5 step 8: commands that are switched off for HTTP", () => {
  const facts = (...commands: string[]) => someFacts({ ...viewers.developer, instance: { commandsDisabledOverHttp: commands } });
  const over = (protocol: string, action: string, ...commands: string[]) =>
    message(aRequest({ protocol, action }), facts(...commands)) ?? "allowed";
  it("are refused over HTTP alone, each with its text", () => {
    const all = ["git-upload-pack", "git-receive-pack", "git-upload-archive"];
    expect(over("http", "git-upload-pack", ...all)).toBe("Pulling over HTTP is not allowed.");
    expect(over("http", "git-receive-pack", ...all)).toBe("Pushing over HTTP is not allowed.");
    expect(over("http", "git-upload-archive", ...all)).toBe("allowed");
    for (const protocol of ["ssh", "web"]) expect(over(protocol, "git-upload-pack", ...all)).toBe("allowed");
    expect(over("http", "git-upload-pack", "git-receive-pack")).toBe("allowed");
    expect(over("http", "git-receive-pack", "git-upload-pack")).toBe("allowed");
  });
});

it("git-access 5 step 9: what is missing has the text of its type", () => {
  const nothing = someFacts({ ...viewers.maintainer, target: null });
  const expected = { project: "project_not_found", wiki: "wiki_not_found", snippet: "snippet_not_found", design: "design_manage" };
  for (const [type, reason] of Object.entries(expected)) {
    for (const request of [aRequest, aPush]) {
      expect(verdict(request({ ...byId(type as RepositoryType), protocol: "web" }), nothing), type).toBe(reason);
    }
  }
});

it("git-access 5 step 10: a repository that is not there has the text of its type", () => {
  const without = aProject({ hasRepository: false, hasWikiRepository: false, hasDesignRepository: false });
  const expected = { project: "no_repo", wiki: "wiki_no_repo", snippet: "snippet_no_repo", design: "design_manage" };
  for (const [type, reason] of Object.entries(expected)) {
    const snippet = type === "snippet" ? aSnippet({ hasRepository: false }) : null;
    const facts = someFacts({ ...viewers.maintainer, target: targetOf(type as RepositoryType, without, snippet) });
    for (const request of [aRequest, aPush]) {
      expect(verdict(request({ ...byId(type as RepositoryType), protocol: "web" }), facts), type).toBe(reason);
    }
    // Facts that name nothing are no repository either.
    const empty = { ...facts, target: targetOf(type as RepositoryType, null) };
    expect(decideAccess(aRequest({ ...byId(type as RepositoryType), protocol: "web" }), empty, now).kind).toBe("refused");
  }
});

it("what is refused before the repository is asked leaves nothing unverified", () => {
  expect(decideAccess(aPush(), someFacts(viewers.reporter), now).notVerified).toEqual([]);
});

describe("git-access 7: protocols", () => {
  it.each<[string, string | null, "all" | "ssh" | "http", string]>([
    ["ssh", null, "all", "allowed"],
    ["http", null, "all", "allowed"],
    ["", null, "all", "allowed"],
    ["ssh", "ssh", "all", "allowed"],
    ["ssh", "http", "all", "Git access over SSH is not allowed"],
    ["http", "ssh", "all", "Git access over HTTP is not allowed"],
    ["web", "ssh", "http", "allowed"],
    ["ssh", null, "http", "Git access over SSH is not allowed"],
    ["http", null, "ssh", "Git access over HTTP is not allowed"],
    ["ssh", "ssh", "http", "Git access over SSH is not allowed"],
    ["", "ssh", "all", "Git access over  is not allowed"],
    ["git", null, "ssh", "Git access over GIT is not allowed"],
  ])("%j where the instance says %s and the top-level group %s: %s", (protocol, setting, group, expected) => {
    const facts = someFacts({
      ...viewers.reporter,
      settings: { enabled_git_access_protocol: setting },
      namespaces: [aGroup({ id: 101, enabledGitAccessProtocol: "all" }), aGroup({ enabledGitAccessProtocol: group })],
    });
    expect(message(aRequest({ protocol }), facts) ?? "allowed").toBe(expected);
  });

  it("the group of a path that leads nowhere does not count, so that it is not told of", () => {
    const facts = someFacts({ target: null, namespaces: [aGroup({ enabledGitAccessProtocol: "http" })] });
    expect(verdict(aPush(), facts)).toBe("project_not_found");
  });
});

describe("git-access 8: user states", () => {
  const url = "https://gitlab.example.test";
  const terms = { settings: { enforce_terms: true } };
  const blocked = "Your account has been blocked.";
  it.each<[string, Parameters<typeof aUser>[0], Parameters<typeof someFacts>[0], string | null]>([
    ["active", {}, {}, null],
    ["project bot", { userType: "project_bot" }, {}, null],
    ["service user", { userType: "service_user" }, {}, null],
    ["service account", { userType: "service_account" }, {}, null],
    ["security bot", { userType: "security_bot" }, {}, null],
    ["ghost", { userType: "ghost" }, {}, "This action cannot be performed by internal users"],
    ["internal bot, blocked", { userType: "internal_bot", state: "blocked" }, {}, "This action cannot be performed by internal users"],
    [
      "pending approval, terms not accepted",
      { state: "blocked_pending_approval" },
      terms,
      "Your account is pending approval from your administrator and hence blocked.",
    ],
    [
      "terms not accepted, deactivated",
      { state: "deactivated" },
      terms,
      `You (@ada) must accept the Terms of Service in order to perform this action. To accept these terms, please access GitLab from a web browser at ${url}.`,
    ],
    ["terms accepted", { hasAcceptedTerms: true }, terms, null],
    ["terms of a bot", { userType: "project_bot" }, terms, null],
    [
      "deactivated, not confirmed",
      { state: "deactivated", isConfirmed: false },
      {},
      `Your account has been deactivated by your administrator. Please log back in from a web browser to reactivate your account at ${url}`,
    ],
    [
      "not confirmed, blocked",
      { state: "blocked", isConfirmed: false },
      {},
      `Your primary email address is not confirmed. Please check your inbox for the confirmation instructions. In case the link is expired, you can request a new confirmation email at ${url}/users/confirmation/new`,
    ],
    ["blocked, password expired", { state: "blocked", passwordExpiresAt: inHours(-1) }, {}, blocked],
    ["blocked in LDAP", { state: "ldap_blocked" }, {}, blocked],
    ["banned", { state: "banned" }, {}, blocked],
    [
      "password expired, locked",
      { passwordExpiresAt: now, isLocked: true },
      {},
      "Your password expired. Please access GitLab from a web browser to update your password.",
    ],
    ["password expires in an hour", { passwordExpiresAt: inHours(1) }, {}, null],
    ["password of a bot", { userType: "project_bot", passwordExpiresAt: inHours(-1) }, {}, null],
    ["locked", { isLocked: true }, {}, blocked],
    ["locked for a moment more", { lockedUntil: new Date(now.getTime() + 1) }, {}, blocked],
    ["locked until now", { lockedUntil: now }, {}, null],
    ["locked for good, and until now", { isLocked: true, lockedUntil: now }, {}, blocked],
  ])("%s", (_, user, facts, expected) => {
    const judged = someFacts({ ...viewers.developer, user: aUser(user), ...facts });
    for (const key of [null, aKey()]) {
      expect(message(aRequest(), { ...judged, key })).toBe(expected);
      expect(message(aPush(), { ...judged, key })).toBe(expected);
    }
  });
});

it("git-access 8: each state has a reason of its own", () => {
  const reason = (user: Parameters<typeof aUser>[0]) => verdict(aRequest(), someFacts({ user: aUser(user) }));
  expect(reason({ state: "blocked_pending_approval" })).toBe("pending_approval");
  expect(reason({ state: "deactivated" })).toBe("deactivated");
  expect(reason({ userType: "ghost" })).toBe("internal");
  expect(reason({ isLocked: true })).toBe("blocked");
});

const deny = (...types: string[]) => Object.fromEntries(types.map((type) => [`${type}_key_restriction`, -1]));

describe("key restrictions", () => {
  it.each<[string, Parameters<typeof aKey>[0], Record<string, unknown>, string | null]>([
    ["large enough", { keyType: "rsa", bits: 4096 }, { rsa_key_restriction: 4096 }, null],
    ["too small", { keyType: "rsa", bits: 4095 }, { rsa_key_restriction: 4096 }, "Your SSH key must be at least 4096 bits."],
    ["another type's minimum", { keyType: "ed25519" }, { rsa_key_restriction: 4096 }, null],
    [
      "forbidden, one left",
      { keyType: "rsa" },
      deny(...keyTypes.filter((type) => type !== "ed25519")),
      "Your SSH key type is forbidden. Must be ED25519.",
    ],
    [
      "forbidden, two left",
      { keyType: "rsa" },
      deny("rsa", "dsa", "ecdsa_sk", "ed25519_sk"),
      "Your SSH key type is forbidden. Must be ECDSA or ED25519.",
    ],
    [
      "forbidden, three left",
      { keyType: "rsa" },
      deny("rsa", "ecdsa_sk", "ed25519_sk"),
      "Your SSH key type is forbidden. Must be DSA, ECDSA, or ED25519.",
    ],
    ["expires now", { expiresAt: now }, {}, "Your SSH key has expired."],
    ["expires in a moment", { expiresAt: inHours(0.001) }, {}, null],
    ["too small and expired", { bits: 1, expiresAt: now }, { ed25519_key_restriction: 2 }, "Your SSH key must be at least 2 bits."],
  ])("%s", (_, key, settings, expected) => {
    for (const kind of ["user", "deploy"] as const) {
      const facts = someFacts({ ...viewers.reporter, key: aKey({ ...key, kind }), deployKeyGrant: { canPush: false }, settings });
      expect(message(aRequest(), facts)).toBe(expected);
    }
  });
});

describe("git-access 14.2: snippets", () => {
  /* Columns: anonymous, external, signed in, author, admin. */
  const people: [string, Partial<AccessFacts>][] = [
    ["anonymous", { user: null }],
    ["external", { user: aUser({ id: 8, isExternal: true }) }],
    ["signed in", { user: aUser({ id: 8 }) }],
    ["author", {}],
    ["admin", { user: aUser({ id: 8, isAdmin: true }) }],
  ];
  it.each<[Visibility, string, string]>([
    ["private", "no no no yes yes", "no no no yes yes"],
    ["internal", "no no yes yes yes", "no no no yes yes"],
    ["public", "yes yes yes yes yes", "no no no yes yes"],
  ])("a %s personal one", (visibility, reads, updates) => {
    for (const [index, [, person]] of people.entries()) {
      const facts = someFacts({ ...person, namespaces: [], target: targetOf("snippet", null, aSnippet({ visibility })) });
      expect(verdict(aRequest(byId("snippet", 5)), facts)).toBe(reads.split(" ")[index] === "yes" ? "allowed" : "snippet_read");
      expect(verdict(aPush(byId("snippet", 5)), facts)).toBe(updates.split(" ")[index] === "yes" ? "allowed" : "snippet_update");
    }
  });

  it("a personal one: a role somewhere changes nothing", () => {
    const facts = someFacts({ user: aUser({ id: 8 }), memberships: [aMembership(50)], target: targetOf("snippet", null, aSnippet()) });
    expect(verdict(aRequest(byId("snippet", 5)), facts)).toBe("snippet_read");
  });

  const stranger = { user: aUser({ id: 8 }) };
  const as = (level: number) => ({ ...stranger, memberships: [aMembership(level)] });
  const admin = { user: aUser({ id: 8, isAdmin: true }) };
  it.each<[string, Visibility, FeatureLevel, Visibility, Partial<AccessFacts>, string, string]>([
    ["anonymous", "public", "enabled", "public", { user: null }, "allowed", "snippet_update"],
    ["anonymous", "public", "private", "public", { user: null }, "snippet_read", "snippet_update"],
    ["anonymous", "public", "enabled", "private", { user: null }, "snippet_read", "snippet_update"],
    ["anonymous", "private", "enabled", "public", { user: null }, "project_not_found", "project_not_found"],
    ["signed in", "private", "enabled", "public", stranger, "project_not_found", "project_not_found"],
    ["signed in", "public", "enabled", "internal", stranger, "allowed", "snippet_update"],
    ["signed in", "internal", "private", "public", stranger, "snippet_read", "snippet_update"],
    ["external", "public", "enabled", "internal", { user: aUser({ id: 8, isExternal: true }) }, "snippet_read", "snippet_update"],
    ["guest", "private", "enabled", "private", as(10), "allowed", "snippet_update"],
    ["guest", "private", "private", "private", as(10), "allowed", "snippet_update"],
    ["guest", "private", "disabled", "private", as(10), "snippet_read", "snippet_update"],
    ["developer", "private", "enabled", "private", as(30), "allowed", "snippet_update"],
    ["maintainer", "private", "enabled", "private", as(40), "allowed", "allowed"],
    ["maintainer", "public", "disabled", "public", as(40), "snippet_read", "snippet_update"],
    ["author without a role", "public", "enabled", "private", {}, "allowed", "allowed"],
    ["author without a role", "public", "private", "private", {}, "snippet_read", "snippet_update"],
    ["author without a role", "private", "enabled", "private", {}, "project_not_found", "project_not_found"],
    ["author who is a guest", "private", "enabled", "private", { memberships: [aMembership(10)] }, "allowed", "allowed"],
    ["admin", "private", "enabled", "private", admin, "allowed", "allowed"],
    ["admin", "private", "disabled", "public", admin, "snippet_read", "snippet_update"],
  ])("%s: project %s, snippets %s, snippet %s", (_, projectIs, snippetsAccessLevel, visibility, person, pull, push) => {
    const project = aProject({ visibility: projectIs, snippetsAccessLevel, repositoryAccessLevel: "disabled" });
    const facts = someFacts({ ...person, target: targetOf("snippet", project, aSnippet({ visibility })) });
    expect(verdict(aRequest(byId("snippet", 5)), facts)).toBe(pull);
    expect(verdict(aPush(byId("snippet", 5)), facts)).toBe(push);
  });

  it("a role somewhere does not update a personal one", () => {
    const target = targetOf("snippet", null, aSnippet({ visibility: "public" }));
    const facts = someFacts({ user: aUser({ id: 8 }), memberships: [aMembership(50)], target });
    expect(verdict(aRequest(byId("snippet", 5)), facts)).toBe("allowed");
    expect(verdict(aPush(byId("snippet", 5)), facts)).toBe("snippet_update");
  });

  it("nobody hears that they may not update before they hear that it is read-only", () => {
    const target = targetOf("snippet", null, aSnippet({ visibility: "public", isRepositoryReadOnly: true }));
    expect(verdict(aPush(byId("snippet", 5)), someFacts({ user: null, target }))).toBe("snippet_update");
    expect(verdict(aPush(byId("snippet", 5)), someFacts({ user: aUser({ id: 8 }), target }))).toBe("read_only");
  });

  it("what has no author is nobody's own", () => {
    const target = targetOf("snippet", null, aSnippet({ authorId: null }));
    expect(verdict(aRequest(byId("snippet", 5)), someFacts({ user: null, target }))).toBe("snippet_read");
    const anonymous = subjectOf(someFacts({ user: null }), now);
    expect(canUpdateSnippet(aSnippet({ authorId: null, visibility: "public" }), null, false, anonymous)).toBe(false);
    expect(verdict(aPush(byId("snippet", 5)), someFacts({ user: null, target }))).toBe("snippet_update");
    expect(verdict(aRequest(byId("snippet", 5)), someFacts({ target }))).toBe("snippet_read");
  });
});

describe("git-access 14.3: designs", () => {
  const roles = matrix({
    private: "no no no no no yes yes yes yes yes yes",
    internal: "no no no no no yes yes yes yes yes yes",
    public: "no no no no no yes yes yes yes yes yes",
  });
  it.each(roles)("over the web, project %s, %s: %s", (visibility, viewer, outcome) => {
    const facts = someFacts({ ...viewers[viewer], target: targetOf("design", aProject({ visibility })) });
    for (const request of [aRequest, aPush]) {
      const asked = request({ ...byId("design"), protocol: "web" });
      expect(verdict(asked, facts)).toBe(outcome === "yes" ? "allowed" : "design_manage");
      expect(message({ ...asked, protocol: "ssh" }, facts)).toBe("Designs are only accessible using the web interface");
      expect(message({ ...asked, protocol: "http" }, facts)).toBe("Designs are only accessible using the web interface");
    }
  });

  it("a deploy key manages none", () => {
    const facts = someFacts({ key: aKey({ kind: "deploy" }), deployKeyGrant: { canPush: true }, target: targetOf("design", aProject()) });
    expect(verdict(aPush({ ...byId("design"), protocol: "web" }), facts)).toBe("design_manage");
  });
});

/** Nothing is where the path leads. */
const missing = (changes: Parameters<typeof someFacts>[0] = {}) => someFacts({ target: null, ...changes });
const path = (text: string) => ({ repository: { path: parseRepositoryPath(text) } });
const personal = (changes: Parameters<typeof aGroup>[0] = {}) => ({
  namespaces: [aGroup({ kind: "user", ownerId: 7, fullPath: "ada", ...changes })],
});

describe("git-access 10: creation on push", () => {
  /* The levels at which the group lets projects be created; columns: no role, guest, planner, reporter, developer, maintainer, owner, admin. */
  it.each<[ProjectCreationLevel, string]>([
    ["noone", "no no no no no no no yes"],
    ["administrator", "no no no no no no no yes"],
    ["owner", "no no no no no no yes yes"],
    ["maintainer", "no no no no no yes yes yes"],
    ["developer", "no no no no yes yes yes yes"],
  ])("a group whose creation level is %s", (projectCreationLevel, outcomes) => {
    for (const [index, level] of [0, 10, 15, 20, 30, 40, 50, "admin"].entries()) {
      const person =
        level === "admin" ? { user: aUser({ isAdmin: true }) } : { memberships: [aMembership(level as number, { source: "namespace" })] };
      const facts = missing({ ...person, namespaces: [aGroup({ projectCreationLevel })] });
      expect(verdict(aPush(), facts)).toBe(outcomes.split(" ")[index] === "yes" ? "create" : "project_not_found");
    }
  });

  const developer = { memberships: [aMembership(30, { source: "namespace" as const })] };
  it.each<[string, Partial<AccessRequest>, AccessFacts, string]>([
    ["own namespace", {}, missing(personal()), "create"],
    ["own namespace, limit reached", {}, missing(personal({ projectsCount: 10 })), "project_not_found"],
    ["own namespace, one below the limit", {}, missing(personal({ projectsCount: 9 })), "create"],
    ["another user's namespace", {}, missing({ ...personal(), user: aUser({ id: 8 }) }), "project_not_found"],
    [
      "another user's namespace, admin",
      {},
      missing({ ...personal({ projectsCount: 99 }), user: aUser({ id: 8, isAdmin: true }) }),
      "create",
    ],
    [
      "archived ancestor",
      {},
      missing({ ...developer, namespaces: [aGroup({ id: 101 }), aGroup({ isArchived: true })] }),
      "project_not_found",
    ],
    [
      "archived ancestor, admin",
      {},
      missing({ user: aUser({ isAdmin: true }), namespaces: [aGroup({ isArchived: true })] }),
      "project_not_found",
    ],
    ["unknown namespace", {}, missing({ namespaces: [] }), "project_not_found"],
    ["unknown namespace, admin", {}, missing({ namespaces: [], user: aUser({ isAdmin: true }) }), "project_not_found"],
    ["nobody", {}, missing({ ...personal(), user: null }), "project_not_found"],
    ["named changes", { changes: named }, missing(developer), "project_not_found"],
    ["no changes", { changes: "none" }, missing(developer), "project_not_found"],
    ["fetch", { action: "git-upload-pack" }, missing(developer), "project_not_found"],
    ["by gl_repository", byId("project"), missing(developer), "project_not_found"],
    ["a single segment", path("analytical"), missing(developer), "namespace_not_found"],
    ["nothing but a slash", path("//"), missing(developer), "namespace_not_found"],
    ["a reserved first segment", path("snippets/notexist.git"), missing(developer), "namespace_not_found"],
    ["an illegal segment", path("eng ines/analytical"), missing(developer), "namespace_not_found"],
    ["an illegal name", path("engines/anal ytical"), missing(developer), "creation"],
    ["a reserved name", path("engines/tree"), missing(developer), "creation"],
    ["a certificate of another group", { namespacePath: "other" }, missing(developer), "project_not_found"],
    ["a certificate of this group", { namespacePath: "Engines" }, missing(developer), "create"],
    [
      "an address outside",
      { checkIp: "192.0.2.1" },
      missing({ ...developer, namespaces: [aGroup({ ipRestrictionRanges: "10.0.0.0/8" })] }),
      "project_not_found",
    ],
    [
      "an address inside",
      { checkIp: "10.1.1.1" },
      missing({ ...developer, namespaces: [aGroup({ ipRestrictionRanges: "10.0.0.0/8" })] }),
      "create",
    ],
    ["a group for another protocol", {}, missing({ ...developer, namespaces: [aGroup({ enabledGitAccessProtocol: "http" })] }), "protocol"],
  ])("%s", (_, request, facts, expected) => {
    expect(verdict(aPush(request), facts)).toBe(expected);
  });

  it("names what is to be created", () => {
    const facts = missing({
      ...developer,
      namespaces: [aGroup({ id: 101, fullPath: "engines/steam", defaultBranch: "trunk", defaultBranchProtection: 1 }), aGroup()],
    });
    expect(decideAccess(aPush(path("/Engines/Steam/engine.git")), facts, now)).toEqual({
      kind: "create",
      notVerified: [],
      project: {
        namespaceId: 101,
        path: "engine",
        creatorId: 7,
        ownerId: null,
        defaultBranch: "trunk",
        defaultBranchProtection: 1,
      },
    });
  });

  it("says why a name cannot be", () => {
    const illegal =
      "Could not create project: Path can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or end in '.atom'";
    expect(message(aPush(path("engines/-x")), missing(developer))).toBe(illegal);
    expect(message(aPush(path("engines/blob")), missing(developer))).toBe("Could not create project: Path blob is a reserved name");
  });
});

describe("git-access 9.5 and certificates", () => {
  const restricted = {
    namespaces: [aGroup({ id: 101, fullPath: "engines/steam" }), aGroup({ ipRestrictionRanges: "10.0.0.0/8,2001:db8::/32" })],
  };
  it.each<[string | null, Partial<AccessFacts>, string]>([
    [null, viewers.owner, "allowed"],
    ["10.9.8.7", viewers.owner, "allowed"],
    ["::ffff:10.9.8.7", viewers.owner, "allowed"],
    ["2001:db8::1", viewers.owner, "allowed"],
    ["192.0.2.1", viewers.owner, "project_not_found"],
    ["::ffff:192.0.2.1", viewers.owner, "project_not_found"],
    ["", viewers.owner, "project_not_found"],
    ["no address", viewers.owner, "project_not_found"],
    ["10.9.8.7:22", viewers.owner, "project_not_found"],
    ["fe80::1%eth0", viewers.owner, "project_not_found"],
    ["192.0.2.1", viewers.admin, "allowed"],
    [
      "192.0.2.1",
      { key: aKey({ kind: "deploy" }), user: aUser({ isAdmin: true }), deployKeyGrant: { canPush: true } },
      "project_not_found",
    ],
  ])("from %j", (checkIp, person, expected) => {
    expect(verdict(aRequest({ checkIp }), someFacts({ ...person, ...restricted }))).toBe(expected);
  });

  it.each<[string, RepositoryType, string]>([
    ["engines", "project", "allowed"],
    ["ENGINES", "wiki", "allowed"],
    ["engines/steam", "project", "project_not_found"],
    ["other", "wiki", "wiki_not_found"],
  ])("a certificate of %s, %s: %s", (namespacePath, type, expected) => {
    const facts = someFacts({ ...viewers.owner, ...restricted, target: targetOf(type, aProject()) });
    expect(verdict(aRequest({ ...byId(type), namespacePath }), facts)).toBe(expected);
  });

  it("a personal snippet lies in no group", () => {
    const facts = someFacts({ namespaces: [], target: targetOf("snippet", null, aSnippet()) });
    expect(verdict(aRequest({ ...byId("snippet", 5), namespacePath: "engines" }), facts)).toBe("snippet_not_found");
  });
});
