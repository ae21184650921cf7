import { describe, expect, it } from "vitest";
import { noPushFacts, type AccessFacts, type Collaboration, type RefRule, type RuleLevel } from "../../src/domain/access/facts.ts";
import type { PushTrace } from "../../src/domain/access/refs/judge.ts";
import type { AccessRequest } from "../../src/domain/access/request.ts";
import { parseChanges } from "../../src/domain/git/changes.ts";
import { decideAccess } from "../setup/decide.ts";
import {
  aGroup,
  aKey,
  aMembership,
  aProject,
  aPush,
  aRequest,
  aSnippet,
  aUser,
  blank,
  inHours,
  newrev,
  noLevel,
  now,
  oldrev,
  someFacts,
  targetOf,
} from "../setup/facts.ts";

/** What each guard says it looked at, by its name; with what else is known of a push. */
function explain(request: AccessRequest, facts: AccessFacts) {
  const trace: PushTrace = { guards: [], refs: [], refsRefused: 0 };
  decideAccess(request, facts, now, { trace });
  const factsOf = (guards: PushTrace["guards"]) => Object.fromEntries(guards.map((each) => [each.guard, each.facts]));
  return { guards: factsOf(trace.guards), refs: trace.refs.map(({ guards }) => factsOf(guards)), trace };
}

const developer = { memberships: [aMembership(30)] };

describe("git-access 18.1: what an administrator is told that the guards of a request looked at", () => {
  it("of a fetch", () => {
    const { guards } = explain(aRequest({ checkIp: "192.0.2.1", namespacePath: "engines" }), someFacts(developer));
    expect(guards).toEqual({
      scoped_user: {},
      operation_limit: { gitlab_shell_operation_limit: 600 },
      protocol: { protocol: "ssh", instance: null, top_level_group: "all" },
      key: { key: null },
      user_state: { named: "user 7", user: "ada", state: "active", is_admin: false },
      two_factor_session: { two_factor_for_cli: false, is_two_factor_enabled: false, verified_until: null },
      command: { action: "git-upload-pack", disabled_over_http: [] },
      cannot_push_to_read_only: { is_read_only: false },
      container: {
        found: true,
        gl_repository: "project-42",
        path: "engines/analytical",
        visibility: "private",
        access_level: 30,
        access_level_from: { source: "project", id: 42, access_level: 30, capped_to: null },
        is_admin: false,
        is_external: false,
        deploy_key: null,
        ip_restriction_ranges: null,
        check_ip: "192.0.2.1",
        namespace_path: "engines",
      },
      repository: {},
      download: { access_level: 30, is_admin: false, visibility: "private", repository_access_level: "enabled" },
    });
  });

  it("of a key, of nobody, and of a deploy key", () => {
    const keyed = explain(aRequest(), someFacts({ key: aKey({ expiresAt: inHours(1) }) })).guards;
    expect(keyed["key"]).toEqual({ id: 11, kind: "user", type: "ed25519", bits: 256, expires_at: "2026-03-15T13:00:00.000Z" });
    const { guards } = explain(
      aPush({ changes: "none" }),
      someFacts({ user: null, key: aKey({ kind: "deploy" }), deployKeyGrant: { canPush: false } }),
    );
    expect(guards["key"]).toMatchObject({ kind: "deploy", expires_at: null });
    expect(guards["user_state"]).toEqual({ named: "user 7", user: null });
    expect(guards["two_factor_session"]).toEqual({ two_factor_for_cli: false, is_two_factor_enabled: null, verified_until: null });
    expect(guards["container"]).toMatchObject({
      access_level: 0,
      access_level_from: null,
      deploy_key: { enabled: true, can_push: false },
    });
    expect(guards["changes"]).toEqual({ changes: "none" });
    expect(guards["deploy_key_upload"]).toEqual({ enabled: true, can_push: false });
    expect(guards["repository_read_only"]).toEqual({});
  });

  it("where a role comes from", () => {
    const from = (facts: Partial<AccessFacts>) => explain(aRequest(), someFacts(facts)).guards["container"]!["access_level_from"];
    expect(from({ namespaces: [aGroup({ id: 101, ownerId: 7 })] })).toEqual({ source: "personal_namespace", id: 101 });
    expect(from({ memberships: [aMembership(50, { source: "share", sourceId: 3, cap: 20 })] })).toEqual({
      source: "share",
      id: 3,
      access_level: 50,
      capped_to: 20,
    });
    expect(from({})).toBeNull();
    expect(from({ ...developer, key: aKey({ kind: "deploy" }), deployKeyGrant: { canPush: true } })).toBeNull();
  });

  it("of what is not found", () => {
    const { guards } = explain(aRequest(), someFacts({ target: null }));
    expect(guards["container"]).toMatchObject({ found: false, path: "engines/analytical" });
    expect(guards["container"]).not.toHaveProperty("gl_repository");
    const byId = explain(aRequest({ repository: { identifier: { type: "wiki", id: 1 } } }), someFacts({ target: null }));
    expect(byId.guards["container"]).toMatchObject({ found: false, path: null });
    expect(byId.guards["protocol"]).toEqual({ protocol: "ssh", instance: null, top_level_group: null });
  });

  it("of a restricted group, an external administrator, a switched-off command and a read-only database", () => {
    const facts = someFacts({
      user: aUser({ isAdmin: true, isExternal: true }),
      instance: { commandsDisabledOverHttp: ["git-receive-pack"] },
      namespaces: [aGroup({ id: 101 }), aGroup({ id: 102 }), aGroup({ ipRestrictionRanges: "10.0.0.0/8" })],
    });
    const { guards } = explain(aPush(), facts);
    expect(guards["container"]).toMatchObject({ is_admin: true, is_external: true, ip_restriction_ranges: "10.0.0.0/8", check_ip: null });
    expect(guards["command"]).toEqual({ action: "git-receive-pack", disabled_over_http: ["git-receive-pack"] });
    expect(guards["user_state"]).toMatchObject({ is_admin: true });
    const readOnly = explain(aPush(), someFacts({ ...developer, instance: { isReadOnly: true } }));
    expect(readOnly.guards["cannot_push_to_read_only"]).toEqual({ is_read_only: true });
  });

  it("of a push", () => {
    const namespaces = [aGroup({ id: 101, fullPath: "engines/steam", isArchived: true }), aGroup()];
    const { guards } = explain(aPush(), someFacts({ ...developer, namespaces }));
    expect(guards["changes"]).toEqual({ changes: "any" });
    expect(guards["archived"]).toEqual({ project: false, groups: ["engines/steam"] });
    const open = explain(aPush(), someFacts(developer)).guards;
    expect(open["archived"]).toEqual({ project: false, groups: [] });
    expect(open["deploy_key_upload"]).toEqual({});
    const asked = { access_level: 30, is_admin: false, repository_access_level: "enabled" };
    expect(open["push_any"]).toEqual({ asked: "any branch", ...asked });
    const changes = parseChanges(`${oldrev} ${newrev} refs/heads/a\n${oldrev} ${newrev} refs/heads/b`);
    const each = explain(aPush({ changes }), someFacts(developer)).guards;
    expect(each["changes"]).toEqual({ changes: 2 });
    expect(each["push_any"]).toEqual({ asked: "each ref", ...asked });
    expect(each["refs"]).toEqual({ count: 2, refused: 0 });
    expect(each["lfs_integrity"]).toEqual({ lfs_enabled: true, brings_objects: true, unverified_checks: "allow" });
    const outcomes = explain(aPush({ changes }), someFacts(developer)).trace.guards.map(({ guard, outcome }) => [guard, outcome]);
    expect(outcomes.slice(-2)).toEqual([
      ["refs", "passed"],
      ["lfs_integrity", "not_verified"],
    ]);
    const removal = parseChanges(`${oldrev} ${blank} refs/heads/a`);
    const project = targetOf("project", aProject({ isLfsEnabled: false }));
    expect(explain(aPush({ changes: removal }), someFacts({ ...developer, target: project })).guards["lfs_integrity"]).toEqual({
      lfs_enabled: false,
      brings_objects: false,
    });
  });

  it("of a push that brings a project into being", () => {
    const { guards } = explain(aPush(), someFacts({ ...developer, target: null }));
    expect(guards["archived"]).toEqual({ project: false, groups: [] });
    expect(guards["push_any"]).toEqual({ asked: "any branch", access_level: 30, is_admin: false, repository_access_level: null });
  });

  it("of wikis, snippets and designs", () => {
    const of = (type: "wiki" | "snippet" | "design", request = aRequest({ protocol: "web" })) =>
      explain(
        { ...request, repository: { identifier: { type, id: 42 } } },
        someFacts({
          ...developer,
          target: targetOf(
            type,
            aProject({ wikiAccessLevel: "private" }),
            type === "snippet" ? aSnippet({ authorId: 8, visibility: "public" }) : null,
          ),
        }),
      ).guards;
    const seen = { access_level: 30, is_admin: false };
    expect(of("wiki")["wiki_download"]).toEqual({ ...seen, visibility: "private", wiki_access_level: "private" });
    expect(of("wiki", aPush())["wiki_write"]).toEqual({ ...seen, wiki_access_level: "private" });
    expect(of("snippet")["snippet_read"]).toEqual({ ...seen, visibility: "public" });
    expect(of("snippet", aPush())["snippet_update"]).toEqual({ author_id: 8, access_level: 30 });
    expect(of("design")["design_manage"]).toEqual(seen);
    expect(of("design")["container"]).toMatchObject({ gl_repository: "design-42", path: "engines/analytical.design" });
  });
});

describe("and the guards of refused refs", () => {
  const rule = (name: string, levels: Partial<RuleLevel>[], values: Partial<RefRule> = {}): RefRule => ({
    id: 1,
    name,
    isInherited: false,
    allowsForcePush: false,
    levels: levels.map((each) => ({ ...noLevel, ...each })),
    ...values,
  });
  const collaboration: Collaboration = {
    sourceBranch: "topic",
    targetBranch: "main",
    author: { isAdmin: true, isNamespaceOwner: false, memberships: [] },
    target: {
      visibility: "public",
      isArchived: false,
      repositoryAccessLevel: "enabled",
      isRepositoryEmpty: false,
      defaultBranchProtection: null,
      isNamespaceOwner: true,
      memberships: [],
      branchRules: [],
    },
  };
  const refs = (facts: AccessFacts, protocol: string, ...lines: string[]) =>
    explain(aPush({ protocol, changes: parseChanges(lines.join("\n")) }), facts).refs;

  it("of a branch", () => {
    const branchRules = [
      rule("feature", [{ accessLevel: 40 }, { userId: 8 }, { groupId: 3 }, { deployKeyId: 4 }, { action: "merge", accessLevel: 30 }]),
      rule("f*", [], { id: 2, isInherited: true, allowsForcePush: true }),
    ];
    const facts = someFacts({ ...developer, push: { ...noPushFacts, branchRules } });
    const told = (levels: object[]) => ({
      rules_total: 2,
      rules: [
        { id: 1, name: "feature", inherited: false, allow_force_push: false, levels },
        { id: 2, name: "f*", inherited: true, allow_force_push: true, levels: [] },
      ],
    });
    const pushers = [{ access_level: 40 }, { user_id: 8 }, { group_id: 3 }, { deploy_key_id: 4 }];
    const [updated] = refs(facts, "ssh", `${oldrev} ${newrev} refs/heads/feature`);
    expect(updated).toEqual({
      push_code: { push_code: true, access_level: 30, is_admin: false, collaboration: false },
      branch_default_deletion: { default_branch: "main" },
      branch_hash_name: {},
      branch_name: {},
      branch_protection: { is_protected: true, is_repository_empty: false, default_branch_protection: 2, ...told(pushers) },
      branch_force_push: { allow_force_push: true },
      branch_delete: { access_level: 30, protocol: "ssh" },
      branch_create: { may_push: false, may_merge: true, ...told([{ access_level: 30 }]) },
      branch_create_basis: {},
      branch_create_web_only: { protocol: "ssh" },
      branch_push: { merge_in_progress: false, may_push: false, may_merge: true, access_level: 30, ...told(pushers) },
      web_author: {},
      lfs_locks: {},
    });
  });

  it("of a branch that very many rules speak of: the first twenty, and how many there are", () => {
    const branchRules = Array.from({ length: 21 }, (_, index) => rule("f*", [], { id: index }));
    const facts = someFacts({ ...developer, push: { ...noPushFacts, branchRules } });
    const told = refs(facts, "ssh", `${oldrev} ${newrev} refs/heads/feature`)[0]!["branch_push"]!;
    expect(told["rules_total"]).toBe(21);
    expect((told["rules"] as { id: number }[]).map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it("of a tag", () => {
    const tagRules = [rule("v*", [{ action: "create", accessLevel: 40 }, { accessLevel: 30 }])];
    const facts = someFacts({ ...developer, push: { ...noPushFacts, tagRules } });
    const rules = [{ id: 1, name: "v*", inherited: false, allow_force_push: false, levels: [{ access_level: 40 }] }];
    const [created, removed] = refs(facts, "http", `${blank} ${newrev} refs/tags/v1`, `${oldrev} ${blank} refs/tags/v1`);
    expect(created).toMatchObject({
      tag_change: { exists: false, admin_tag: true },
      tag_default_branch: { default_branch: "main" },
      tag_encoding: {},
      tag_protection: { rules_total: 1, rules },
      tag_protected_delete: { access_level: 30, protocol: "http" },
      tag_protected_create: { access_level: 30, rules_total: 1, rules },
    });
    expect(removed).toMatchObject({ tag_change: { exists: true }, tag_protected_delete: { access_level: 30, protocol: "http" } });
  });

  it("of nobody's deploy key, and of somebody who was given leave", () => {
    const key = someFacts({ key: aKey({ kind: "deploy" }), deployKeyGrant: { canPush: true }, user: null });
    expect(refs(key, "ssh", `${oldrev} ${newrev} refs/heads/x`)[0]!["push_code"]).toEqual({
      push_code: false,
      access_level: null,
      is_admin: false,
      collaboration: false,
    });
    const push = { ...noPushFacts, collaborations: [collaboration] };
    const facts = someFacts({ target: targetOf("project", aProject({ visibility: "public" })), push });
    const [other, illegal] = refs(facts, "ssh", `${oldrev} ${newrev} refs/heads/other`, `${oldrev} ${newrev} refs/tags/topic`);
    expect(other!["push_code"]).toMatchObject({ access_level: 0, collaboration: false });
    expect(illegal!["push_code"]).toMatchObject({ collaboration: false });
    const named = { ...facts, push: { ...push, collaborations: [{ ...collaboration, sourceBranch: "-x" }] } };
    expect(refs(named, "ssh", `${oldrev} ${newrev} refs/heads/-x`)[0]!["push_code"]).toMatchObject({
      push_code: false,
      collaboration: true,
    });
  });

  it("of what a branch brings with it", () => {
    const facts = someFacts({ ...developer, push: { ...noPushFacts, hasLfsLocks: true } });
    facts.instance.unverifiedChecks = { ...facts.instance.unverifiedChecks, web_author: "refuse", lfs_locks: "refuse" };
    const line = `${oldrev} ${newrev} refs/heads/x`;
    expect(refs(facts, "web", line)[0]).toMatchObject({ web_author: { protocol: "web", skip_commits_check: false }, lfs_locks: {} });
    expect(refs(facts, "ssh", line)[0]).toMatchObject({
      web_author: { protocol: "ssh", skip_commits_check: false },
      lfs_locks: { lfs_enabled: true, has_locks: true },
    });
  });

  it("of a snippet", () => {
    const target = targetOf("snippet", null, aSnippet({ defaultBranch: "trunk" }));
    const [created] = refs(someFacts({ target, namespaces: [] }), "ssh", `${blank} ${newrev} refs/heads/x`);
    expect(created).toEqual({ snippet_branches: { default_branch: "trunk", is_repository_empty: false }, snippet_files: {} });
  });
});
