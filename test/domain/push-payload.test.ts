import { describe, expect, it } from "vitest";
import { pushPayload, repositoryUpdateParts, type PayloadFacts } from "../../src/domain/hooks/push-payload.ts";
import { refChanges } from "../../src/domain/push/ref-changes.ts";

const blank = "0".repeat(40);
const [one, two] = ["1".repeat(40), "2".repeat(40)];

const facts: PayloadFacts = {
  project: {
    id: 15,
    name: "Diaspora",
    description: "A social network",
    visibility: "internal",
    fullPath: "mike/diaspora",
    defaultBranch: "main",
    isRepositoryEmpty: false,
    ciConfigPath: null,
    namespaceName: "Mike",
    namespaceProtection: null,
    branchRules: [],
    tagRules: [],
    hasOpenMergeRequests: false,
  },
  pusher: { id: 4, name: "John Smith", username: "jsmith", email: "john@private.test", publicEmail: "john@example.test" },
  urls: { ssh: "git@example.test:", http: "http://example.test/", external: "http://example.test" },
};
const project = {
  id: 15,
  name: "Diaspora",
  description: "A social network",
  web_url: "http://example.test/mike/diaspora",
  avatar_url: null,
  git_ssh_url: "git@example.test:mike/diaspora.git",
  git_http_url: "http://example.test/mike/diaspora.git",
  namespace: "Mike",
  visibility_level: 10,
  path_with_namespace: "mike/diaspora",
  default_branch: "main",
  ci_config_path: null,
  homepage: "http://example.test/mike/diaspora",
  url: "git@example.test:mike/diaspora.git",
  ssh_url: "git@example.test:mike/diaspora.git",
  http_url: "http://example.test/mike/diaspora.git",
};
const push = { index: 0, type: "branch", oldrev: one, newrev: two, ref: "refs/heads/main" } as const;

describe("what a hook is told of a change (push.md 8.2)", () => {
  it("369 370 says it with all keys, in the documented order", () => {
    expect(JSON.stringify(pushPayload(push, true, facts), null, 1)).toBe(
      JSON.stringify(
        {
          object_kind: "push",
          event_name: "push",
          before: one,
          after: two,
          ref: "refs/heads/main",
          ref_protected: true,
          checkout_sha: two,
          message: null,
          user_id: 4,
          user_name: "John Smith",
          user_username: "jsmith",
          user_email: "john@example.test",
          user_avatar: null,
          project_id: 15,
          project,
          commits: [],
          total_commits_count: 0,
          push_options: {},
          repository: {
            name: "Diaspora",
            url: "git@example.test:mike/diaspora.git",
            description: "A social network",
            homepage: "http://example.test/mike/diaspora",
            git_http_url: "http://example.test/mike/diaspora.git",
            git_ssh_url: "git@example.test:mike/diaspora.git",
            visibility_level: 10,
          },
        },
        null,
        1,
      ),
    );
  });

  it("373 376 says of a created tag tag_push, a blank before, and what it was pushed as", () => {
    expect(pushPayload({ index: 2, type: "tag", oldrev: blank, newrev: one, ref: "refs/tags/v1" }, false, facts)).toMatchObject({
      object_kind: "tag_push",
      event_name: "tag_push",
      before: blank,
      after: one,
      ref: "refs/tags/v1",
      ref_protected: false,
      checkout_sha: one,
      message: null,
      commits: [],
      total_commits_count: 0,
    });
  });

  it.each(["branch", "tag"] as const)("has nothing to check out where a %s was deleted", (type) => {
    expect(pushPayload({ ...push, type, newrev: blank }, false, facts)).toMatchObject({ after: blank, checkout_sha: null });
  });

  it("374 shows the public e-mail address only", () => {
    const hidden = { ...facts, pusher: { ...facts.pusher, publicEmail: null } };
    expect(pushPayload(push, false, hidden).user_email).toBeNull();
    expect(JSON.stringify(pushPayload(push, false, facts))).not.toContain("private.test");
  });

  it("names the ghost for a deploy key without an owner", () => {
    const ghost = { ...facts, pusher: { id: null, name: "Ghost User", username: "ghost", email: null, publicEmail: null } };
    expect(pushPayload(push, false, ghost)).toMatchObject({
      user_id: 0,
      user_name: "Ghost User",
      user_username: "ghost",
      user_email: null,
    });
  });

  it.each([
    ["private", 0],
    ["internal", 10],
    ["public", 20],
  ] as const)("writes the visibility %s as %s", (visibility, level) => {
    const payload = pushPayload(push, false, { ...facts, project: { ...facts.project, visibility } });
    expect([payload.project.visibility_level, payload.repository.visibility_level]).toEqual([level, level]);
  });
});

describe("what system hooks are told of each push (push.md 8.4)", () => {
  const bodyOf = (text: string) => [...repositoryUpdateParts(() => refChanges(text), facts)];

  it("lists every change of a branch or tag, and each ref once", () => {
    const lines = [
      `${blank} ${one} refs/heads/a`,
      `${one} ${two} refs/heads/a`,
      `${one} ${two} refs/notes/x`,
      `${one} ${blank} refs/tags/"v1\\`,
    ];
    const text = bodyOf(lines.join("\n")).join("");
    expect(text).toBe(
      JSON.stringify({
        event_name: "repository_update",
        user_id: 4,
        user_name: "John Smith",
        user_email: "john@private.test",
        user_avatar: null,
        project_id: 15,
        project,
        changes: [
          { before: blank, after: one, ref: "refs/heads/a" },
          { before: one, after: two, ref: "refs/heads/a" },
          { before: one, after: blank, ref: 'refs/tags/"v1\\' },
        ],
        refs: ["refs/heads/a", 'refs/tags/"v1\\'],
      }),
    );
  });

  it("has two empty lists where no branch or tag changed", () => {
    expect(JSON.parse(bodyOf("").join(""))).toMatchObject({ changes: [], refs: [] });
  });

  it("comes in parts that D1 takes, whatever the names are made of", () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `${blank} ${one} refs/heads/\u0001日本"${index}\n`).join("");
    const parts = bodyOf(text);
    expect(parts.length).toBeGreaterThan(10);
    for (const part of parts) expect(Buffer.byteLength(JSON.stringify(part))).toBeLessThan(1_000_000);
    expect(JSON.parse(parts.join(""))).toMatchObject({ changes: { length: 20_000 }, refs: { length: 20_000 } });
  });
});
