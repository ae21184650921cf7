import { exports } from "cloudflare:workers";
import { importJWK, SignJWT } from "jose";
import { portalPrivateKey } from "./portal-key.ts";
import { testVars } from "./vars.ts";

export interface Reply {
  status: number;
  headers: Headers;
  /** The parsed JSON body; undefined where the body is empty; the text where it is not JSON. */
  body: any;
}

export interface CallOptions {
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as a form. */
  form?: string;
  /** Sent as it is, with the Content-Type among the headers. */
  raw?: BodyInit;
}

/** One request to the Worker, through its whole `fetch`. Paths are below `/api/v4` unless they are absolute URLs. */
export async function call(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
  const headers = new Headers(options.headers);
  let body: BodyInit | null = options.raw ?? null;
  if (options.json !== undefined) {
    headers.set("Content-Type", "application/json");
    body = JSON.stringify(options.json);
  } else if (options.form !== undefined) {
    headers.set("Content-Type", "application/x-www-form-urlencoded");
    body = options.form;
  }
  const url = path.startsWith("http") ? path : `http://gitlab.example.test/api/v4${path}`;
  const response = await exports.default.fetch(new Request(url, { method, headers, body, redirect: "manual" }));
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parse(text) };
}

function parse(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const shellHeaders = { "Gitlab-Shared-Secret": btoa(testVars.GITLAB_SHELL_SECRET) };

/** As gitlab-shell or Gitaly, by shared secret. */
export function asShell(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
  return call(method, path, { ...options, headers: { ...shellHeaders, ...options.headers } });
}

/** The 32 bytes that kas signs with. */
export const kasKey = Uint8Array.from(Buffer.from(testVars.GITLAB_KAS_SECRET, "base64"));

/** What kas signs, as of now: `claims` over its own, where undefined leaves one out. */
export function kasJwt(claims: Record<string, unknown> = {}, key: Uint8Array = kasKey): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const all = { aud: ["gitlab"], iss: "gitlab-kas", iat: now, nbf: now - 5, exp: now + 60, ...claims };
  return new SignJWT(all).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(key);
}

/** As kas, and with the token of an agent for that agent. */
export async function asKas(method: string, path: string, options: CallOptions & { agentToken?: string } = {}): Promise<Reply> {
  const { agentToken, ...rest } = options;
  const agent: Record<string, string> = agentToken === undefined ? {} : { Authorization: `Bearer ${agentToken}` };
  return call(method, `/internal/kubernetes${path}`, {
    ...rest,
    headers: { "Gitlab-Kas-Api-Request": await kasJwt(), ...agent, ...options.headers },
  });
}

/** What the customers' portal signs, as of now: `claims` over its own, where undefined leaves one out. */
export async function portalJwt(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const own = {
    iss: "https://customers.example.test/",
    sub: "customers-dot-internal-api",
    aud: "gitlab-subscriptions",
    iat: now,
    exp: now + 60,
  };
  return new SignJWT({ ...own, ...claims })
    .setProtectedHeader({ alg: "RS256", kid: portalPrivateKey.kid, ...header })
    .sign(await importJWK(portalPrivateKey, "RS256"));
}

/** As the customers' portal, by its own token; paths are below `/api/v4`. */
export async function asPortal(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
  return call(method, path, { ...options, headers: { "X-Customers-Dot-Internal-Token": await portalJwt(), ...options.headers } });
}

/** As the holder of a token. */
export function withToken(token: string) {
  return (method: string, path: string, options: CallOptions = {}): Promise<Reply> =>
    call(method, path, { ...options, headers: { "PRIVATE-TOKEN": token, ...options.headers } });
}

/** As the first administrator. */
export const asRoot = withToken(testVars.GATEHOUSE_ROOT_TOKEN);
