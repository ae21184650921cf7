import type { JSONWebKeySet } from "jose";
import * as v from "valibot";
import type { EncryptionKeys } from "./auth/sealed.ts";
import type { CloneUrls } from "./domain/access/effects.ts";
import { planNames, type PlanTitles } from "./domain/billing/plans.ts";
import { defaultPolicy, unverifiedKinds, type UnverifiedPolicy } from "./domain/git/questions.ts";

/** Why a deployment cannot run as configured; each sentence names what to set. */
export class ConfigurationFault extends Error {}

const switchOn = (name: string) =>
  v.pipe(
    v.optional(v.string(), "off"),
    v.picklist(["on", "off"], `${name} is "on" or "off"`),
    v.transform((text) => text === "on"),
  );

const secret = (name: string) =>
  v.pipe(
    v.optional(v.string(), ""),
    v.trim(),
    v.nonEmpty(`${name} is not set: npx wrangler secret put ${name} --env <environment> (locally: .dev.vars)`),
  );

/** 32 bytes in Base64. */
const key = (name: string) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.regex(
      /^[A-Za-z0-9+/]{43}=$/,
      `${name} is not 32 bytes in Base64: openssl rand -base64 32 | npx wrangler secret put ${name} --env <environment>`,
    ),
    v.transform((text) => Uint8Array.from(Buffer.from(text, "base64"))),
  );

const address = (name: string) =>
  v.pipe(
    v.optional(v.string(), ""),
    v.trim(),
    v.check((text) => text === "" || URL.canParse(text), `${name} is not a URL`),
    v.transform((text) => (text === "" ? null : text.replace(/\/+$/, ""))),
  );

function protocolOf(text: string): string {
  return URL.parse(text)?.protocol ?? "";
}

const json = <const TSchema extends v.GenericSchema>(name: string, schema: TSchema) =>
  v.pipe(v.optional(v.string(), "{}"), v.trim(), v.parseJson(undefined, `${name} is not JSON`), schema);

const list = v.pipe(
  v.optional(v.string(), ""),
  v.transform((text) => text.split(/[\s,]+/).filter((entry) => entry !== "")),
);

const Storages = v.record(
  v.string(),
  v.object(
    { address: v.string(), token: v.optional(v.nullable(v.string()), null) },
    'GITALY_STORAGES: each storage is {"address": …, "token": …}',
  ),
);
const Features = v.record(
  v.string(),
  v.union([v.boolean(), v.array(v.string())], "GITALY_FEATURES: each feature is true, false or a list of project paths"),
);

const UnverifiedChecks = v.strictObject(
  v.entriesFromList(
    unverifiedKinds,
    v.exactOptional(v.picklist(["allow", "refuse"], 'UNVERIFIED_CHECKS: each kind is "allow" or "refuse"')),
  ),
  `UNVERIFIED_CHECKS: {"<kind>": "allow" or "refuse"}, for ${unverifiedKinds.join(", ")}`,
);

const Configuration = v.object({
  ENVIRONMENT: v.picklist(["development", "staging", "production"], "ENVIRONMENT is development, staging or production"),
  ACCESS: v.picklist(["on", "off"], 'ACCESS is "on" or "off"'),
  ACCESS_TEAM_DOMAIN: address("ACCESS_TEAM_DOMAIN"),
  ACCESS_AUD: v.pipe(v.optional(v.string(), ""), v.trim()),
  EXTERNAL_URL: address("EXTERNAL_URL"),
  SSH_CLONE_PREFIX: v.pipe(v.optional(v.string(), ""), v.trim()),
  HTTP_CLONE_ROOT: address("HTTP_CLONE_ROOT"),
  KAS_EXTERNAL_URL: v.pipe(
    v.optional(v.string(), ""),
    v.trim(),
    v.check((text) => text === "" || /^(wss?|grpcs?):$/.test(protocolOf(text)), "KAS_EXTERNAL_URL is not a URL of ws, wss, grpc or grpcs"),
    v.transform((text) => (text === "" ? null : text)),
  ),
  CUSTOMERS_DOT_URL: address("CUSTOMERS_DOT_URL"),
  CUSTOMERS_DOT_JWKS: v.pipe(
    v.optional(v.string(), ""),
    v.trim(),
    v.check((text) => readPortalKeys(text) !== null, 'CUSTOMERS_DOT_JWKS is a URL, or {"keys": [public keys]}, or empty'),
    v.transform((text) => readPortalKeys(text) ?? ({ kind: "discovery" } as const)),
  ),
  PLAN_TITLES: json(
    "PLAN_TITLES",
    v.strictObject(
      v.entriesFromList(planNames, v.exactOptional(v.string())),
      'PLAN_TITLES: {"<plan>": "<title>"}, of plans that there are',
    ),
  ),
  SHELL_AUTH: v.picklist(["both", "jwt", "secret"], "SHELL_AUTH is both, jwt or secret"),
  GITLAB_VERSION: v.pipe(v.string(), v.regex(/^\d+\.\d+/, "GITLAB_VERSION begins with <major>.<minor>")),
  GITLAB_REVISION: v.optional(v.string(), "unknown"),
  GITALY_STORAGES: json("GITALY_STORAGES", Storages),
  GITALY_FEATURES: json("GITALY_FEATURES", Features),
  DISABLED_OVER_HTTP: v.pipe(
    list,
    v.array(v.picklist(["git-upload-pack", "git-receive-pack"], "DISABLED_OVER_HTTP lists git-upload-pack, git-receive-pack")),
  ),
  READ_ONLY: switchOn("READ_ONLY"),
  TRUSTED_IPS: list,
  UNVERIFIED_CHECKS: json("UNVERIFIED_CHECKS", UnverifiedChecks),
  GITLAB_SHELL_SECRET: secret("GITLAB_SHELL_SECRET"),
  GITLAB_KAS_SECRET: v.pipe(secret("GITLAB_KAS_SECRET"), key("GITLAB_KAS_SECRET")),
  GATEHOUSE_ROOT_TOKEN: secret("GATEHOUSE_ROOT_TOKEN"),
  GATEHOUSE_ENCRYPTION_KEY: v.pipe(secret("GATEHOUSE_ENCRYPTION_KEY"), key("GATEHOUSE_ENCRYPTION_KEY")),
  GATEHOUSE_ENCRYPTION_KEY_OLD: v.optional(
    v.union([
      v.pipe(
        v.literal(""),
        v.transform(() => null),
      ),
      key("GATEHOUSE_ENCRYPTION_KEY_OLD"),
    ]),
    "",
  ),
});

/** Where the customers' portal's public keys are: given, at an address, or where the portal says. */
type PortalKeys = { kind: "inline"; jwks: JSONWebKeySet } | { kind: "url"; url: string } | { kind: "discovery" };

const PublicKeys = v.pipe(v.string(), v.parseJson(), v.object({ keys: v.array(v.looseObject({ kty: v.picklist(["RSA", "EC", "OKP"]) })) }));

/** Null for what is none of them. */
function readPortalKeys(text: string): PortalKeys | null {
  if (text === "") return { kind: "discovery" };
  if (/^https?:$/.test(protocolOf(text))) return { kind: "url", url: text };
  const jwks = v.safeParse(PublicKeys, text);
  return jwks.success ? { kind: "inline", jwks: jwks.output } : null;
}

export interface PortalConfig {
  /** The portal's address, with a trailing slash. */
  issuer: string;
  keys: PortalKeys;
}

export interface GitalyStorage {
  address: string;
  token: string | null;
}

/** Cloudflare Access: off (development only), not yet configured (every call is refused), or who signs for whom. */
export type AccessConfig = { kind: "off" } | { kind: "missing"; settings: string[] } | { kind: "on"; issuer: string; audience: string };

export interface Config {
  access: AccessConfig;
  /** Address of this API as clients know it, without a trailing slash; null: that of the request. */
  externalUrl: string | null;
  /** What stands before `<full path>.git` in an SSH clone URL; null: `git@<host>:`. */
  sshClonePrefix: string | null;
  httpCloneRoot: string | null;
  /** Where agents connect to kas; null: nobody is told of one. */
  kasExternalUrl: string | null;
  /** The customers' portal; null: its own credential is nobody's. */
  portal: PortalConfig | null;
  /** Titles of plans that are not their names. */
  planTitles: PlanTitles;
  shellAuth: "both" | "jwt" | "secret";
  gitlabVersion: string;
  gitlabRevision: string;
  gitalyStorages: Record<string, GitalyStorage>;
  /** Gitaly feature → on for all, off for all, or on for these project paths. */
  gitalyFeatures: Record<string, boolean | string[]>;
  commandsDisabledOverHttp: string[];
  isReadOnly: boolean;
  trustedAddresses: string[];
  /** What becomes of a push where a check would need what only the repository knows. */
  unverifiedChecks: UnverifiedPolicy;
  /** Trimmed text, never empty. */
  shellSecret: string;
  /** 32 bytes. */
  kasSecret: Uint8Array<ArrayBuffer>;
  rootToken: string;
  /** What secrets in the database are sealed with; and what they were sealed with before, while it is being replaced. */
  encryptionKeys: EncryptionKeys;
}

/** Reads the vars and secrets of a deployment; the only place that does. Throws ConfigurationFault. */
export function parseConfig(env: Env): Config {
  const result = v.safeParse(Configuration, env);
  if (!result.success) {
    throw new ConfigurationFault(result.issues.map((issue) => describeIssue(issue)).join("; "));
  }
  const text = result.output;
  return {
    access: accessOf(text),
    externalUrl: text.EXTERNAL_URL,
    sshClonePrefix: text.SSH_CLONE_PREFIX === "" ? null : text.SSH_CLONE_PREFIX,
    httpCloneRoot: text.HTTP_CLONE_ROOT,
    kasExternalUrl: text.KAS_EXTERNAL_URL,
    portal: portalOf(text),
    planTitles: text.PLAN_TITLES,
    shellAuth: text.SHELL_AUTH,
    gitlabVersion: text.GITLAB_VERSION,
    gitlabRevision: text.GITLAB_REVISION,
    gitalyStorages: text.GITALY_STORAGES,
    gitalyFeatures: text.GITALY_FEATURES,
    commandsDisabledOverHttp: text.DISABLED_OVER_HTTP,
    isReadOnly: text.READ_ONLY,
    trustedAddresses: text.TRUSTED_IPS,
    unverifiedChecks: { ...defaultPolicy, ...text.UNVERIFIED_CHECKS },
    shellSecret: text.GITLAB_SHELL_SECRET,
    kasSecret: text.GITLAB_KAS_SECRET,
    rootToken: text.GATEHOUSE_ROOT_TOKEN,
    encryptionKeys: { current: text.GATEHOUSE_ENCRYPTION_KEY, old: text.GATEHOUSE_ENCRYPTION_KEY_OLD },
  };
}

/** The name of the setting and what is wrong with it; never its value, which may be a secret. */
function describeIssue(issue: v.BaseIssue<unknown>): string {
  const name = v.getDotPath(issue)?.split(".")[0] ?? "configuration";
  return issue.message.includes(name) ? issue.message : `${name} is not valid`;
}

function accessOf(text: v.InferOutput<typeof Configuration>): AccessConfig {
  if (text.ACCESS === "off") {
    if (text.ENVIRONMENT !== "development") {
      throw new ConfigurationFault('ACCESS is "off", which only ENVIRONMENT "development" may have');
    }
    return { kind: "off" };
  }
  if (text.ACCESS_TEAM_DOMAIN?.startsWith("http:") && text.ENVIRONMENT !== "development") {
    throw new ConfigurationFault("ACCESS_TEAM_DOMAIN is not an https address: whoever answers for it could forge every identity");
  }
  const missing = [...(text.ACCESS_TEAM_DOMAIN === null ? ["ACCESS_TEAM_DOMAIN"] : []), ...(text.ACCESS_AUD === "" ? ["ACCESS_AUD"] : [])];
  if (text.ACCESS_TEAM_DOMAIN === null || missing.length > 0) return { kind: "missing", settings: missing };
  return { kind: "on", issuer: text.ACCESS_TEAM_DOMAIN, audience: text.ACCESS_AUD };
}

function portalOf({
  ENVIRONMENT,
  CUSTOMERS_DOT_URL: url,
  CUSTOMERS_DOT_JWKS: keys,
}: v.InferOutput<typeof Configuration>): PortalConfig | null {
  if (url === null) return null;
  const addresses = keys.kind === "url" ? [url, keys.url] : [url];
  if (ENVIRONMENT !== "development" && addresses.some((each) => protocolOf(each) !== "https:")) {
    throw new ConfigurationFault(
      "CUSTOMERS_DOT_URL and CUSTOMERS_DOT_JWKS are https addresses: whoever answers for them could forge the portal",
    );
  }
  return { issuer: `${url}/`, keys };
}

/** What stands before `<full path>.git` in clone URLs, and the address of web pages, where clients reach this instance there. */
export function cloneUrlsAt({ sshClonePrefix, httpCloneRoot }: Config, external: string): CloneUrls {
  return { ssh: sshClonePrefix ?? `git@${new URL(external).hostname}:`, http: `${httpCloneRoot ?? external}/`, external };
}

const parsed = new WeakMap<Env, Config>();

/** The configuration of this isolate, read once. */
export function configOf(env: Env): Config {
  let config = parsed.get(env);
  if (config === undefined) {
    config = parseConfig(env);
    parsed.set(env, config);
  }
  return config;
}
