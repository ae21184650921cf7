import { describe, expect, it } from "vitest";
import { basicAuthorization, fillInVariables, shownUrl, withoutUserInfo } from "../../src/domain/hooks/address.ts";
import { changeSecrets, isLegalHeader, isLegalVariable, problemOfSecrets, type HookSecrets } from "../../src/domain/hooks/secrets.ts";

const secrets: HookSecrets = { url: "https://hook.example.test/in", token: "s3cret", customHeaders: [], urlVariables: [] };

describe("the variables of a URL", () => {
  const variables = [
    { key: "host", value: "hook.example.test" },
    { key: "path.1-a", value: "{host}" },
  ];

  it.each([
    ["https://{host}/in", "https://hook.example.test/in"],
    ["https://{host}/{host}", "https://hook.example.test/hook.example.test"],
    ["https://x/{path.1-a}", "https://x/{host}"],
    ["https://x/{}/{1a}/{a b}/{-}/{a_}", "https://x/{}/{1a}/{a b}/{-}/{a_}"],
    ["https://x/", "https://x/"],
  ])("%s is %s", (url, filled) => {
    expect(fillInVariables(url, variables)).toBe(filled);
  });

  it("are all known, in just this letter case", () => {
    expect(fillInVariables("https://{Host}/", variables)).toBeNull();
    expect(fillInVariables("https://{constructor}/{__proto__}/", variables)).toBeNull();
  });

  it("are not filled in without end", () => {
    const value = "x".repeat(2048);
    expect(fillInVariables(`https://hook.example.test/${"{a}".repeat(600)}`, [{ key: "a", value }])).toBeNull();
  });
});

describe("the URL in the delivery log", () => {
  it.each([
    ["https://user:p@ss@hook.example.test/a@b?c=@d", "https://hook.example.test/a@b?c=@d"],
    ["HTTPS://{user}:{pass}@hook.example.test", "HTTPS://hook.example.test"],
    ["https://hook.example.test/{secret}", "https://hook.example.test/{secret}"],
    ["http://user@h?x", "http://h?x"],
  ])("%s is %s", (url, shown) => {
    expect(shownUrl(url)).toBe(shown);
  });
});

describe("user name and password of a URL", () => {
  it.each([
    ["https://ada:s%3Acret@h/", "ada:s:cret"],
    ["https://ada@h/", "ada:"],
    ["https://:token@h/", ":token"],
    ["https://%E4:%zz@h/", "%E4:%zz"],
    ["https://ä:ö@h/", "ä:ö"],
  ])("%s becomes Basic", (url, text) => {
    expect(basicAuthorization(new URL(url))).toBe(`Basic ${Buffer.from(text).toString("base64")}`);
    expect(withoutUserInfo(new URL(url))).toBe("https://h/");
  });

  it("are none where there are none", () => {
    expect(basicAuthorization(new URL("https://h/@x"))).toBeNull();
  });
});

describe("a token", () => {
  it("is dropped with the URL that it was for, unless it is sent along", () => {
    expect(changeSecrets(secrets, { url: "https://evil.example.test/" }).token).toBeNull();
    expect(changeSecrets(secrets, { url: "https://evil.example.test/", token: "new" }).token).toBe("new");
    expect(changeSecrets(secrets, { url: secrets.url }).token).toBe("s3cret");
    expect(changeSecrets(secrets, {}).token).toBe("s3cret");
    expect(changeSecrets(secrets, { token: null }).token).toBeNull();
  });

  it("is dropped where a variable leads the URL to another host, and not where it changes the path", () => {
    const templated = { ...secrets, url: "https://{host}/{path}", urlVariables: named({ host: "hook.example.test", path: "a" }) };
    expect(changeSecrets(templated, { urlVariables: named({ host: "hook.example.test", path: "b" }) }).token).toBe("s3cret");
    expect(changeSecrets(templated, { urlVariables: named({ host: "evil.example.test", path: "a" }) }).token).toBeNull();
    const userInfo = named({ host: "hook.example.test@evil.example.test", path: "a" });
    expect(changeSecrets(templated, { urlVariables: userInfo }).token).toBeNull();
  });

  it("is nobody's where the old secrets cannot be read", () => {
    expect(changeSecrets(null, { url: "https://hook.example.test/" })).toEqual({
      ...secrets,
      url: "https://hook.example.test/",
      token: null,
    });
    expect(problemOfSecrets(changeSecrets(null, { token: "x" }), false)).toEqual({ url: "Invalid url given" });
  });
});

const named = (values: Record<string, string>) => Object.entries(values).map(([key, value]) => ({ key, value }));

describe("custom headers", () => {
  it.each([
    ["X-B", "2"],
    ["Authorization", "Bearer x.y=z"],
    ["a1.b-c_d", "\tx ~"],
  ])("%s: %j can be sent", (key, value) => {
    expect(isLegalHeader({ key, value })).toBe(true);
  });

  it.each([
    ["X-B", "a\r\nX-Evil: 1"],
    ["X-B", "a\nb"],
    ["X-B", "a\u0000"],
    ["X-B", "ä"],
    ["X-B", "💥"],
    ["X-B", ""],
    ["X-B", "x".repeat(2049)],
    ["", "x"],
    ["X-B\r\nX-Evil", "x"],
    ["X B", "x"],
    ["X:B", "x"],
    ["1X", "x"],
    ["X-", "x"],
    ["Ä", "x"],
    ["x".repeat(101), "x"],
    ["X-Gitlab-Token", "x"],
    ["x-gitlab-event", "x"],
    ["Idempotency-Key", "x"],
    ["Content-Length", "1"],
    ["content-type", "text/plain"],
    ["Transfer-Encoding", "chunked"],
    ["HOST", "evil"],
    ["Connection", "close"],
    ["User-Agent", "x"],
    ["Proxy-Authorization", "x"],
    ["CF-Connecting-IP", "1.2.3.4"],
  ])("%j: %j cannot", (key, value) => {
    expect(isLegalHeader({ key, value })).toBe(false);
    expect(problemOfSecrets({ ...secrets, customHeaders: [{ key, value }] }, false)).toEqual({
      fields: { custom_headers: ["must be at most 20 legal headers"] },
    });
  });

  it("are at most twenty, each once whatever its letter case", () => {
    const many = Array.from({ length: 21 }, (_, index) => ({ key: `X-A${index}`, value: "x" }));
    expect(problemOfSecrets({ ...secrets, customHeaders: many.slice(1) }, false)).toBeNull();
    expect(problemOfSecrets({ ...secrets, customHeaders: many }, false)).not.toBeNull();
    expect(problemOfSecrets({ ...secrets, customHeaders: named({ "X-A": "1", "x-a": "2" }) }, false)).not.toBeNull();
  });
});

describe("what a hook may keep", () => {
  it.each([
    ["a URL of 2,048 characters", { url: `https://h.test/${"a".repeat(2033)}` }, null],
    ["a longer one", { url: `https://h.test/${"a".repeat(2034)}` }, { url: "Invalid url given" }],
    ["one of the local network", { url: "http://169.254.169.254/" }, { url: "Invalid url given" }],
    ["one that lacks a variable", { url: "https://h.test/{a}" }, { url: "Invalid url given" }],
    ["one that a variable leads astray", { url: "https://{h}/", urlVariables: named({ h: "127.0.0.1" }) }, { url: "Invalid url given" }],
    ["a token of two lines", { token: "foo\nbar" }, { fields: { token: ["must not contain newlines"] } }],
    ["a token with a carriage return", { token: "foo\rbar" }, { fields: { token: ["must not contain newlines"] } }],
    ["a token that no header can hold", { token: "ä" }, { fields: { token: ["must be printable ASCII"] } }],
    ["a token with a control character", { token: "a\u0000" }, { fields: { token: ["must be printable ASCII"] } }],
    ["a long token", { token: "x".repeat(2049) }, { fields: { token: ["is too long (maximum is 2048 characters)"] } }],
    [
      "a variable without a value",
      { urlVariables: named({ a: "" }) },
      { fields: { url_variables: ["must be at most 20 legal variables"] } },
    ],
    ["two variables that differ in letter case", { urlVariables: named({ a: "1", A: "2" }) }, null],
  ] as const)("%s", (_, change, problem) => {
    expect(problemOfSecrets({ ...secrets, ...change }, false)).toEqual(problem);
  });

  it("a local address where the instance allows it", () => {
    expect(problemOfSecrets({ ...secrets, url: "http://127.0.0.1:3000/" }, true)).toBeNull();
  });

  it("variables are named as GitLab's are", () => {
    expect(["a", "host1", "a.b-c_d"].every((key) => isLegalVariable({ key, value: "x" }))).toBe(true);
    expect(["1", "a b", "{a}", "", "a.", "__proto__"].some((key) => isLegalVariable({ key, value: "x" }))).toBe(false);
  });
});
