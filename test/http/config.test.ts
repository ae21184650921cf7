import { expect, it } from "vitest";
import { ConfigurationFault, parseConfig } from "../../src/config.ts";
import { testVars } from "../setup/vars.ts";

const deployed = {
  SHELL_AUTH: "both",
  GITLAB_VERSION: "18.9.0",
  ...testVars,
  ENVIRONMENT: "production",
  ACCESS: "on",
  ACCESS_TEAM_DOMAIN: "https://team.cloudflareaccess.com/",
  ACCESS_AUD: " tag ",
};
const parse = (changes: Record<string, string | undefined> = {}) => parseConfig({ ...deployed, ...changes } as unknown as Env);

/** So many bytes, all of them ones. */
const inBase64 = (bytes: number) => Buffer.alloc(bytes, 0xff).toString("base64");

it("reads a deployment, without slashes and blanks at the ends", () => {
  expect(parse().access).toEqual({ kind: "on", issuer: "https://team.cloudflareaccess.com", audience: "tag" });
  expect(parse({ GITLAB_SHELL_SECRET: " secret\n" }).shellSecret).toBe("secret");
  expect(parse({ GITLAB_KAS_SECRET: `${inBase64(32)}\n` }).kasSecret).toEqual(new Uint8Array(32).fill(0xff));
  expect(parse({ EXTERNAL_URL: "https://git.example.test/" }).externalUrl).toBe("https://git.example.test");
  expect(parse({ DISABLED_OVER_HTTP: "git-upload-pack, git-receive-pack" }).commandsDisabledOverHttp).toEqual([
    "git-upload-pack",
    "git-receive-pack",
  ]);
});

it.each([
  [{ ACCESS_TEAM_DOMAIN: "" }, ["ACCESS_TEAM_DOMAIN"]],
  [{ ACCESS_AUD: "" }, ["ACCESS_AUD"]],
  [{ ACCESS_TEAM_DOMAIN: "", ACCESS_AUD: "" }, ["ACCESS_TEAM_DOMAIN", "ACCESS_AUD"]],
])("with %j Cloudflare Access is missing, not off", (changes, settings) => {
  expect(parse(changes).access).toEqual({ kind: "missing", settings });
});

it.each([
  [{ ACCESS: "off" }, "ACCESS"],
  [{ ACCESS: "off", ENVIRONMENT: "staging" }, "ACCESS"],
  [{ ACCESS: "no" }, "ACCESS"],
  [{ ACCESS: undefined }, "ACCESS"],
  [{ ENVIRONMENT: "prod" }, "ENVIRONMENT"],
  [{ ACCESS_TEAM_DOMAIN: "http://team.cloudflareaccess.com" }, "ACCESS_TEAM_DOMAIN"],
  [{ ACCESS_TEAM_DOMAIN: "team" }, "ACCESS_TEAM_DOMAIN"],
  [{ GITLAB_SHELL_SECRET: "" }, "GITLAB_SHELL_SECRET"],
  [{ GITLAB_SHELL_SECRET: " \n" }, "GITLAB_SHELL_SECRET"],
  [{ GITLAB_SHELL_SECRET: undefined }, "GITLAB_SHELL_SECRET"],
  [{ KAS_EXTERNAL_URL: "https://kas.example.test" }, "KAS_EXTERNAL_URL"],
  [{ KAS_EXTERNAL_URL: "kas" }, "KAS_EXTERNAL_URL"],
  [{ GITLAB_KAS_SECRET: undefined }, "GITLAB_KAS_SECRET"],
  [{ GITLAB_KAS_SECRET: "" }, "GITLAB_KAS_SECRET"],
  [{ GITLAB_KAS_SECRET: "0123456789abcdef0123456789abcdef" }, "GITLAB_KAS_SECRET"],
  [{ GITLAB_KAS_SECRET: inBase64(31) }, "GITLAB_KAS_SECRET"],
  [{ GITLAB_KAS_SECRET: inBase64(33) }, "GITLAB_KAS_SECRET"],
  [{ GITLAB_KAS_SECRET: inBase64(64) }, "GITLAB_KAS_SECRET"],
  [{ GITLAB_KAS_SECRET: inBase64(32).replace("=", "") }, "GITLAB_KAS_SECRET"],
  [{ GITLAB_KAS_SECRET: inBase64(32).replace("/", "_") }, "GITLAB_KAS_SECRET"],
  [{ GITLAB_KAS_SECRET: `${inBase64(32)}${inBase64(32)}` }, "GITLAB_KAS_SECRET"],
  [{ GATEHOUSE_ROOT_TOKEN: "" }, "GATEHOUSE_ROOT_TOKEN"],
  [{ SHELL_AUTH: "none" }, "SHELL_AUTH"],
  [{ GITALY_STORAGES: "{" }, "GITALY_STORAGES"],
  [{ GITALY_STORAGES: '{"default":"tcp://gitaly"}' }, "GITALY_STORAGES"],
  [{ GITALY_FEATURES: '{"mep_mep":"yes"}' }, "GITALY_FEATURES"],
  [{ READ_ONLY: "true" }, "READ_ONLY"],
  [{ DISABLED_OVER_HTTP: "git-upload-archive" }, "DISABLED_OVER_HTTP"],
  [{ GITLAB_VERSION: "eighteen" }, "GITLAB_VERSION"],
])("refuses %j and names the setting", (changes, name) => {
  expect(() => parse(changes)).toThrow(ConfigurationFault);
  expect(() => parse(changes)).toThrow(name);
});

it("repeats no value, which may be a secret", () => {
  const secret = "an-unlikely-secret";
  const broken = { GITALY_STORAGES: `{"default":{"address":1,"token":"${secret}"}}`, SHELL_AUTH: secret, EXTERNAL_URL: secret };
  expect(() => parse(broken)).toThrow(ConfigurationFault);
  expect(() => parse(broken)).not.toThrow(secret);
});

const base64 = (bytes: number) => Buffer.alloc(bytes, 7).toString("base64");

it("reads the keys that secrets are encrypted with, of which the old one may be missing", () => {
  expect(parse({ GATEHOUSE_ENCRYPTION_KEY: ` ${base64(32)}\n` }).encryptionKeys).toEqual({
    current: new Uint8Array(32).fill(7),
    old: null,
  });
  expect(parse({ GATEHOUSE_ENCRYPTION_KEY_OLD: base64(32) }).encryptionKeys.old).toEqual(new Uint8Array(32).fill(7));
  expect(parse({ GATEHOUSE_ENCRYPTION_KEY_OLD: "" }).encryptionKeys.old).toBeNull();
});

it.each([
  undefined,
  "",
  " ",
  "not Base64!",
  base64(31),
  base64(33),
  base64(16),
  "0".repeat(64),
  `${base64(32)}=`,
  base64(32).replace("=", ""),
])("refuses %j as an encryption key, and does not repeat it", (key) => {
  expect(() => parse({ GATEHOUSE_ENCRYPTION_KEY: key })).toThrow(ConfigurationFault);
  expect(() => parse({ GATEHOUSE_ENCRYPTION_KEY: key })).toThrow("GATEHOUSE_ENCRYPTION_KEY is not ");
  if (key?.trim()) expect(() => parse({ GATEHOUSE_ENCRYPTION_KEY_OLD: key })).toThrow(ConfigurationFault);
  if (key?.trim()) expect(() => parse({ GATEHOUSE_ENCRYPTION_KEY: key })).not.toThrow(key);
});

const keySet = (kty: string) => JSON.stringify({ keys: [{ kty, kid: "a", n: "a-number-of-the-key", e: "AQAB" }] });

it("reads who the customers' portal is, and where its keys are", () => {
  const portal = (url: string | undefined, keys: string | undefined) => parse({ CUSTOMERS_DOT_URL: url, CUSTOMERS_DOT_JWKS: keys }).portal;
  const [url, issuer] = ["https://portal.example.test/", "https://portal.example.test/"];
  expect(portal(undefined, undefined)).toBeNull();
  expect(portal("", keySet("RSA"))).toBeNull();
  expect(portal(url, undefined)).toEqual({ issuer, keys: { kind: "discovery" } });
  expect(portal(url.slice(0, -1), " ")).toEqual({ issuer, keys: { kind: "discovery" } });
  expect(portal(url, "https://keys.example.test/jwks")).toEqual({ issuer, keys: { kind: "url", url: "https://keys.example.test/jwks" } });
  expect(portal(url, keySet("RSA"))).toEqual({ issuer, keys: { kind: "inline", jwks: JSON.parse(keySet("RSA")) } });
});

it("reads titles of plans", () => {
  expect(parse().planTitles).toEqual({});
  expect(parse({ PLAN_TITLES: '{"premium":"Premium","gold":"Gold"}' }).planTitles).toEqual({ premium: "Premium", gold: "Gold" });
});

const secretKey = "c2VjcmV0LWtleS1vZi10ZXN0cw";

it.each([
  ["CUSTOMERS_DOT_URL", "http://portal.example.test"],
  ["CUSTOMERS_DOT_URL", "portal.example.test"],
  ["CUSTOMERS_DOT_URL", "ftp://portal.example.test"],
  ["CUSTOMERS_DOT_JWKS", "http://portal.example.test/keys"],
  ["CUSTOMERS_DOT_JWKS", "ftp://portal.example.test/keys"],
  ["CUSTOMERS_DOT_JWKS", "keys-in-no-form"],
  ["CUSTOMERS_DOT_JWKS", '{"keys":"none-of-them"}'],
  ["CUSTOMERS_DOT_JWKS", '[{"kty":"RSA"}]'],
  ["CUSTOMERS_DOT_JWKS", JSON.stringify({ keys: [{ kty: "oct", k: secretKey }] })],
  ["CUSTOMERS_DOT_JWKS", JSON.stringify({ keys: [JSON.parse(keySet("RSA")).keys[0], { kty: "oct", k: secretKey }] })],
  ["PLAN_TITLES", "{"],
  ["PLAN_TITLES", '["Premium-title"]'],
  ["PLAN_TITLES", '{"premium":12345678}'],
  ["PLAN_TITLES", '{"premium":null}'],
  ["PLAN_TITLES", '{"Premium":"Premium-title"}'],
  ["PLAN_TITLES", '{"no-such-plan":"Title"}'],
])("refuses %s=%s without repeating it", (name, value) => {
  expect(() => parse({ [name]: value })).toThrow(ConfigurationFault);
  expect(() => parse({ [name]: value })).toThrow(name);
  for (const part of [value, secretKey, "no-such-plan", "Premium-title", "12345678", "none-of-them"].filter((each) => each.length > 2)) {
    expect(() => parse({ [name]: value })).not.toThrow(part);
  }
});
