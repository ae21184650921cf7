import { describe, expect, it } from "vitest";
import type { PayloadFacts } from "../../src/domain/hooks/push-payload.ts";
import { redactor, requestHeaders, shownHeaders, type RequestFacts } from "../../src/domain/hooks/request.ts";
import { sampleBody } from "../../src/domain/hooks/sample.ts";
import type { HookSecrets } from "../../src/domain/hooks/secrets.ts";

const facts: RequestFacts = {
  kind: "project",
  trigger: "push_hooks",
  version: "18.9.0",
  instanceUrl: "https://git.example.test",
  idempotencyKey: "f0a1",
  payloadKey: "3d7ab3f2/0",
  requestId: "0b0e",
};
const secrets: HookSecrets = {
  url: "https://ada:pass%20word@hook.example.test/",
  token: "s3cret",
  customHeaders: [{ key: "X-Key", value: "custom-value" }],
  urlVariables: [{ key: "path", value: "variable-value" }],
};
const url = new URL(secrets.url);

describe("the headers of a request", () => {
  it("say what it is, from whom, and who may trust it", () => {
    expect(requestHeaders(facts, secrets, url)).toEqual({
      "X-Key": "custom-value",
      "Content-Type": "application/json",
      "User-Agent": "GitLab/18.9.0",
      "X-Gitlab-Event": "Push Hook",
      "X-Gitlab-Instance": "https://git.example.test",
      "X-Gitlab-Webhook-UUID": "0b0e",
      "X-Gitlab-Event-UUID": "aa4c5e17-b19d-8a3c-a037-36c62dcc1669",
      "Idempotency-Key": "f0a1",
      "X-Gitlab-Token": "s3cret",
      Authorization: `Basic ${btoa("ada:pass word")}`,
    });
  });

  it("name the event alike for all hooks that hear of it", () => {
    const event = (change: Partial<RequestFacts>) => requestHeaders({ ...facts, ...change }, secrets, url)["X-Gitlab-Event-UUID"];
    expect(event({ kind: "system", idempotencyKey: "other", requestId: "other" })).toBe(event({}));
    expect(event({ payloadKey: "3d7ab3f2/1" })).not.toBe(event({}));
  });

  it.each([
    ["project", "tag_push_hooks", "Tag Push Hook"],
    ["group", "push_hooks", "Push Hook"],
    ["system", "push_hooks", "System Hook"],
    ["system", "tag_push_hooks", "System Hook"],
    ["system", "repository_update_hooks", "System Hook"],
  ] as const)("a %s hook hears of %s as %s", (kind, trigger, name) => {
    expect(requestHeaders({ ...facts, kind, trigger }, secrets, url)["X-Gitlab-Event"]).toBe(name);
  });

  it("hold a token on one line, and none where nothing is left of it", () => {
    const withToken = (token: string | null) => requestHeaders(facts, { ...secrets, token }, url)["X-Gitlab-Token"];
    expect(withToken("a\r\nX-Evil: 1")).toBe("aX-Evil: 1");
    expect(withToken(" a b\n ")).toBe("a b");
    expect(withToken("\n")).toBeUndefined();
    expect(withToken(" ")).toBeUndefined();
    expect(withToken(null)).toBeUndefined();
  });

  it("are not overruled by custom ones, nor joined with them", () => {
    const customHeaders = [
      { key: "x-gitlab-TOKEN", value: "forged" },
      { key: "authorization", value: "Bearer forged" },
    ];
    const headers = new Headers(requestHeaders(facts, { ...secrets, customHeaders }, url));
    expect(headers.get("X-Gitlab-Token")).toBe("s3cret");
    expect(headers.get("Authorization")).toBe(`Basic ${btoa("ada:pass word")}`);
    const withoutUserInfo = new Headers(requestHeaders(facts, { ...secrets, customHeaders }, new URL("https://h/")));
    expect(withoutUserInfo.get("Authorization")).toBe("Bearer forged");
  });

  it("hold of a token what a header can hold", () => {
    for (const token of ["ä💥", "\u0000", "\ud800", "\u2028"]) {
      expect(requestHeaders(facts, { ...secrets, token: `a${token}b` }, url)["X-Gitlab-Token"]).toBe("ab");
    }
  });

  it("are shown without what is secret in them", () => {
    const shown = shownHeaders(requestHeaders(facts, secrets, url), secrets);
    expect(shown).toMatchObject({ "X-Gitlab-Token": "[REDACTED]", Authorization: "[REDACTED]", "X-Key": "[REDACTED]" });
    expect(shown).toMatchObject({ "X-Gitlab-Event": "Push Hook", "Idempotency-Key": "f0a1" });
    expect(JSON.stringify(shown)).not.toMatch(/s3cret|custom-value|pass/);
  });
});

describe("what a receiver sends back", () => {
  const redact = redactor(secrets, url);

  it.each([
    ['{"x-gitlab-token":"s3cret"}', '{"x-gitlab-token":"[REDACTED]"}'],
    ["custom-value variable-value", "[REDACTED] [REDACTED]"],
    ["pass word pass%20word", "[REDACTED] [REDACTED]"],
    [`Basic ${btoa("ada:pass word")}`, "[REDACTED]"],
    [btoa("ada:pass word"), "[REDACTED]"],
    ["seen: s3crx", "seen: s3crx"],
    ["seen: s3crx s3cr", "seen: s3crx [REDACTED]"],
    ["ok", "ok"],
  ])("%s is kept as %s", (text, kept) => {
    expect(redact(text)).toBe(kept);
  });

  it("is kept without a token that stands for a user name", () => {
    expect(redactor({ ...secrets, token: null }, new URL("https://glpat-token@h/"))("seen: glpat-token")).toBe("seen: [REDACTED]");
  });

  it.each(["s3cret".slice(0, 4), "custom-v", `Basic ${btoa("ada:pass word").slice(0, 8)}`])(
    "loses the start of a secret where it is cut: %s",
    (cut) => {
      expect(redact(`seen: s3cr ${cut}`)).toBe("seen: s3cr [REDACTED]");
    },
  );

  it("is kept without what stands behind the name of a scheme", () => {
    const customHeaders = [{ key: "Authorization", value: "Bearer abcdef" }];
    expect(redactor({ ...secrets, customHeaders }, url)("bearer: abcdef")).toBe("bearer: [REDACTED]");
  });

  it("is kept whole where the secret is hardly one", () => {
    expect(redactor({ ...secrets, token: "a", customHeaders: [], urlVariables: [] }, new URL("https://h/"))("banana")).toBe("banana");
  });

  it.each([
    ["abcd", "1 abcd 2", "1 [REDACTED] 2"],
    ["abc", "1 abc 2", "1 abc 2"],
  ])("is a secret from four characters on: %s", (token, text, kept) => {
    expect(redactor({ ...secrets, token }, url)(text)).toBe(kept);
  });

  it("loses a secret that holds another as a whole", () => {
    const both = { ...secrets, token: "abcd", customHeaders: [{ key: "X", value: "abcdefgh" }] };
    expect(redactor(both, url)("abcdefgh abcd")).toBe("[REDACTED] [REDACTED]");
  });

  it("loses a secret as JSON and URLs write it", () => {
    const quoted = redactor({ ...secrets, token: 'a"b\\c ä' }, url);
    expect(quoted(String.raw`{"token":"a\"b\\c ä"} a%22b%5Cc%20%C3%A4`)).toBe('{"token":"[REDACTED]"} [REDACTED]');
  });
});

describe("the body with which a hook is tried", () => {
  const payload: PayloadFacts = {
    project: {
      id: 15,
      name: "Diaspora",
      description: null,
      visibility: "private",
      fullPath: "mike/diaspora",
      defaultBranch: "main",
      isRepositoryEmpty: false,
      ciConfigPath: null,
      namespaceName: "Mike",
      namespaceProtection: null,
      branchRules: ["develop", "ma*"],
      tagRules: [],
      hasOpenMergeRequests: false,
    },
    pusher: { id: 4, name: "John Smith", username: "jsmith", email: "john@private.test", publicEmail: "john@example.test" },
    urls: { ssh: "git@example.test:", http: "http://example.test/", external: "http://example.test" },
  };
  const known = [
    { name: "refs/heads/develop", sha: "1".repeat(40) },
    { name: "refs/heads/main", sha: "2".repeat(40) },
    { name: "refs/heads/refs/tags/", sha: "3".repeat(40) },
    { name: "refs/tags/v2", sha: "4".repeat(40) },
    { name: "refs/tags/main", sha: "5".repeat(40) },
  ];
  const madeUp = "da1560886d4f094c3e6c9ef40349f7d38b5d27d7";

  it.each([
    ["the default branch as it is known to be", "push_hooks", known, "refs/heads/main", "2".repeat(40), true],
    ["the default branch, made up", "push_hooks", [], "refs/heads/main", madeUp, true],
    ["the first tag that is known", "tag_push_hooks", known, "refs/tags/v2", "4".repeat(40), false],
    ["a tag that is made up", "tag_push_hooks", known.slice(0, 3), "refs/tags/v1.0.0", madeUp, false],
  ] as const)("tells that it was pushed anew: %s", (_, trigger, refs, ref, sha, isProtected) => {
    const kind = trigger === "push_hooks" ? "push" : "tag_push";
    expect(JSON.parse(sampleBody(trigger, refs, payload))).toMatchObject({
      object_kind: kind,
      event_name: kind,
      before: "0".repeat(40),
      after: sha,
      checkout_sha: sha,
      ref,
      ref_protected: isProtected,
      user_username: "jsmith",
      project_id: 15,
    });
  });

  it.each([
    ["push_hooks", ["main"], [], true],
    ["push_hooks", ["refs/heads/main", "develop"], ["main"], false],
    ["tag_push_hooks", [], ["w*", "v*"], true],
    ["tag_push_hooks", ["v2"], ["refs/tags/v2", "w*"], false],
  ] as const)(
    "tells by its rules whether the ref is protected: %s of branches %j and tags %j",
    (trigger, branchRules, tagRules, expected) => {
      const project = { ...payload.project, branchRules: [...branchRules], tagRules: [...tagRules] };
      expect(JSON.parse(sampleBody(trigger, known, { ...payload, project }))).toMatchObject({ ref_protected: expected });
    },
  );

  it("tells of a repository update without changes", () => {
    expect(JSON.parse(sampleBody("repository_update_hooks", known, payload))).toEqual({
      event_name: "repository_update",
      user_id: 4,
      user_name: "John Smith",
      user_email: "john@private.test",
      user_avatar: null,
      project_id: 15,
      project: expect.objectContaining({ path_with_namespace: "mike/diaspora" }),
      changes: [],
      refs: [],
    });
  });
});
