import { describe, expect, it } from "vitest";
import { redactor, requestHeaders, shownHeaders, type RequestFacts } from "../../src/domain/hooks/request.ts";
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
      "X-Gitlab-Event-UUID": expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
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
    expect(withToken("\n")).toBeUndefined();
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

  it("loses a secret that holds another as a whole", () => {
    const both = { ...secrets, token: "abcd", customHeaders: [{ key: "X", value: "abcdefgh" }] };
    expect(redactor(both, url)("abcdefgh abcd")).toBe("[REDACTED] [REDACTED]");
  });

  it("loses a secret as JSON and URLs write it", () => {
    const quoted = redactor({ ...secrets, token: 'a"b\\c ä' }, url);
    expect(quoted(String.raw`{"token":"a\"b\\c ä"} a%22b%5Cc%20%C3%A4`)).toBe('{"token":"[REDACTED]"} [REDACTED]');
  });
});
