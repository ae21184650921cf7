import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { basicAuthorization, fillInVariables, shownUrl, withoutUserInfo } from "../../src/domain/hooks/address.ts";
import {
  changeSecrets,
  HookSecrets,
  isLegalHeader,
  isLegalVariable,
  problemOfSecrets,
  setHeader,
  setVariable,
} from "../../src/domain/hooks/secrets.ts";

const secrets: HookSecrets = { url: "https://hook.example.test/in", token: "s3cret", customHeaders: [], urlVariables: [] };

describe("the variables of a URL", () => {
  const variables = [
    { key: "host", value: "hook.example.test" },
    { key: "path.1-a", value: "{host}" },
    { key: "path1.first-part", value: "a/b" },
  ];

  it.each([
    ["https://{host}/in", "https://hook.example.test/in"],
    ["https://{host}/{host}", "https://hook.example.test/hook.example.test"],
    ["https://x/{path.1-a}", "https://x/{host}"],
    ["https://x/{path1.first-part}?c", "https://x/a/b?c"],
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
    expect(fillInVariables("{a}".repeat(4), [{ key: "a", value }])).toBe(value.repeat(4));
    expect(fillInVariables("{a}".repeat(5), [{ key: "a", value }])).toBeNull();
    expect(fillInVariables("{a}{a}{a}{a}{b}", named({ a: value, b: "x" }))).toBeNull();
  });
});

describe("the URL in the delivery log", () => {
  it.each([
    ["https://user:p@ss@hook.example.test/a@b?c=@d", "https://hook.example.test/a@b?c=@d"],
    ["HTTPS://{user}:{pass}@hook.example.test", "HTTPS://hook.example.test"],
    ["https://hook.example.test/{secret}", "https://hook.example.test/{secret}"],
    ["http://user@h?x", "http://h?x"],
    ["https://h/?next=http://user:pass@other/", "https://h/?next=http://user:pass@other/"],
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
    expect(changeSecrets(secrets, { url: "https://hook.example.test/other" }).token).toBeNull();
    expect(changeSecrets(secrets, { url: "https://evil.example.test/", token: undefined }).token).toBeNull();
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
    expect(changeSecrets(null, { token: "x" })).toEqual({ url: "", token: "x", customHeaders: [], urlVariables: [] });
    expect(problemOfSecrets(changeSecrets(null, { token: "x" }), false)).toEqual({ url: "Invalid url given" });
  });
});

describe("what a change leaves of the other secrets", () => {
  const kept: HookSecrets = {
    url: "https://{host}/{path}",
    token: "s3cret",
    customHeaders: [{ key: "Authorization", value: "Bearer x" }],
    urlVariables: [
      { key: "host", value: "hook.example.test" },
      { key: "path", value: "a" },
    ],
  };
  const headers = [{ key: "X-B", value: "2" }];

  it.each([
    ["nothing is changed", {}, kept],
    ["the same URL is sent", { url: kept.url }, kept],
    ["a token is sent", { token: "new" }, { ...kept, token: "new" }],
    ["the token is taken away", { token: null }, { ...kept, token: null }],
    ["headers are sent", { customHeaders: headers }, { ...kept, customHeaders: headers }],
    ["another URL of the same host is sent", { url: "https://hook.example.test/a" }, dropped("https://hook.example.test/a")],
    ["a URL of another host is sent", { url: "https://evil.example.test/" }, dropped("https://evil.example.test/")],
    ["the same host is called without TLS", { url: "http://{host}/{path}" }, dropped("http://{host}/{path}")],
    [
      "the variables go with the URL",
      { url: "https://{host}/", urlVariables: kept.urlVariables },
      { ...dropped("https://{host}/"), urlVariables: kept.urlVariables },
    ],
    [
      "a variable leads to another host",
      { urlVariables: named({ host: "evil.example.test", path: "a" }) },
      { ...dropped(kept.url), urlVariables: named({ host: "evil.example.test", path: "a" }) },
    ],
    [
      "a variable leads to another port",
      { urlVariables: named({ host: "hook.example.test:8443", path: "a" }) },
      { ...dropped(kept.url), urlVariables: named({ host: "hook.example.test:8443", path: "a" }) },
    ],
    ["a variable that the host needs is gone", { urlVariables: [] }, dropped(kept.url)],
    [
      "headers and a token are sent with a URL of another host",
      { url: "https://evil.example.test/", token: "new", customHeaders: headers },
      { ...dropped("https://evil.example.test/"), token: "new", customHeaders: headers },
    ],
  ])("where %s", (_, change, expected) => {
    expect(changeSecrets(kept, change)).toEqual(expected);
  });

  it("all, where the URL was no address before and is none now", () => {
    const lacking = { ...kept, urlVariables: [] };
    expect(changeSecrets(lacking, {})).toEqual(lacking);
  });

  it.each([
    ["is added behind the others", { key: "X-B", value: "2" }, [...kept.customHeaders, { key: "X-B", value: "2" }]],
    [
      "replaces one of the same name, whatever its letter case",
      { key: "AUTHORIZATION", value: "y" },
      [{ key: "AUTHORIZATION", value: "y" }],
    ],
  ])("all, where a header %s", (_, header, customHeaders) => {
    expect(setHeader(kept, header)).toEqual({ ...kept, customHeaders });
  });

  it.each([
    ["is added behind the others", { key: "more", value: "x" }, { host: "hook.example.test", path: "a", more: "x" }],
    ["differs from another in letter case", { key: "Path", value: "x" }, { host: "hook.example.test", path: "a", Path: "x" }],
    ["replaces one of the same name", { key: "path", value: "b" }, { host: "hook.example.test", path: "b" }],
    ["is the host as it was", { key: "host", value: "hook.example.test" }, { path: "a", host: "hook.example.test" }],
  ])("all, where a variable %s", (_, variable, variables) => {
    expect(setVariable(kept, variable)).toEqual({ ...kept, urlVariables: named(variables) });
  });

  it.each(["evil.example.test", "hook.example.test@evil.example.test", "evil.example.test/"])(
    "nothing, where a variable leads to another host: %s",
    (value) => {
      expect(setVariable(kept, { key: "host", value })).toEqual({ ...dropped(kept.url), urlVariables: named({ host: value }) });
    },
  );
});

describe("what was kept under seal", () => {
  const full: HookSecrets = { ...secrets, customHeaders: named({ "X-B": "2" }), urlVariables: named({ path: "a" }) };

  it("is read as it was written", () => {
    expect(v.parse(HookSecrets, full)).toEqual(full);
    expect(v.parse(HookSecrets, { ...full, token: null })).toEqual({ ...full, token: null });
  });

  it.each([
    ["no URL", { url: undefined }],
    ["a token that is no text", { token: 1 }],
    ["no token, not even null", { token: undefined }],
    ["no headers", { customHeaders: undefined }],
    ["a header without a value", { customHeaders: [{ key: "X-B" }] }],
    ["a variable without a name", { urlVariables: [{ value: "x" }] }],
    ["variables that are no list", { urlVariables: { path: "a" } }],
  ])("is not read where it has %s", (_, values) => {
    expect(v.is(HookSecrets, { ...full, ...values })).toBe(false);
  });
});

function named(values: Record<string, string>) {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}

function numbered(count: number) {
  return Array.from({ length: count }, (_, index) => ({ key: `a${index}`, value: "x" }));
}

function dropped(url: string): HookSecrets {
  return { url, token: null, customHeaders: [], urlVariables: [] };
}

describe("custom headers", () => {
  it.each([
    ["X-B", "2"],
    ["Authorization", "Bearer x.y=z"],
    ["a1.b-c_d", "\tx ~"],
    ["X-Host", "x"],
    ["Hostname", "x"],
    ["My-User-Agent", "x"],
    ["Te-X", "x"],
    ["Expected", "x"],
    ["Not-X-Gitlab-Token", "x"],
    ["X-Gitlab", "x"],
    ["Content", "x"],
    ["x".repeat(100), "x"],
    ["X-B", "x".repeat(2048)],
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
    ["Keep-Alive", "5"],
    ["TE", "trailers"],
    ["Trailer", "X"],
    ["Upgrade", "h2c"],
    ["Expect", "100-continue"],
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
    ["a token of 2,048 characters", { token: ` ~${"x".repeat(2046)}` }, null],
    ["no token", { token: null }, null],
    ["a long token", { token: "x".repeat(2049) }, { fields: { token: ["is too long (maximum is 2048 characters)"] } }],
    [
      "a variable without a value",
      { urlVariables: named({ a: "" }) },
      { fields: { url_variables: ["must be at most 20 legal variables"] } },
    ],
    ["two variables that differ in letter case", { urlVariables: named({ a: "1", A: "2" }) }, null],
    [
      "two variables of one name",
      { urlVariables: named({ a: "1" }).concat(named({ a: "2" })) },
      { fields: { url_variables: ["must be at most 20 legal variables"] } },
    ],
    ["twenty variables", { urlVariables: numbered(20) }, null],
    ["twenty-one", { urlVariables: numbered(21) }, { fields: { url_variables: ["must be at most 20 legal variables"] } }],
    ["a variable of 2,048 characters", { urlVariables: named({ a: "x".repeat(2048) }) }, null],
    [
      "a longer one",
      { urlVariables: named({ a: "x".repeat(2049) }) },
      { fields: { url_variables: ["must be at most 20 legal variables"] } },
    ],
    [
      "a variable that is no text",
      { urlVariables: named({ a: "\ud800" }) },
      { fields: { url_variables: ["must be at most 20 legal variables"] } },
    ],
    [
      "several faults at once",
      { token: "ä", customHeaders: named({ Host: "x" }), urlVariables: named({ a: "" }) },
      {
        fields: {
          token: ["must be printable ASCII"],
          custom_headers: ["must be at most 20 legal headers"],
          url_variables: ["must be at most 20 legal variables"],
        },
      },
    ],
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
