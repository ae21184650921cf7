import { createHash } from "node:crypto";
import { basicAuthorization, decoded } from "./address.ts";
import type { HookKind, HookTrigger } from "./hook.ts";
import type { HookSecrets } from "./secrets.ts";

/** What a request to a hook is made from, besides the hook's own secrets. */
export interface RequestFacts {
  kind: HookKind;
  trigger: HookTrigger;
  /** The version that we claim to be, e.g. `18.9.0`. */
  version: string;
  instanceUrl: string;
  /** Stays the same over the tries of one delivery. */
  idempotencyKey: string;
  /** Names the event: the same for all hooks that hear of it. */
  payloadKey: string;
  /** A UUID of this request alone. */
  requestId: string;
}

const eventNames: Record<HookTrigger, string> = {
  push_hooks: "Push Hook",
  tag_push_hooks: "Tag Push Hook",
  repository_update_hooks: "System Hook",
  alert_hooks: "Alert Hook",
};

const redacted = "[REDACTED]";

/**
 * The headers of a request (contract push 8.5). What the delivery itself says stands, whatever custom header has its name, in
 * whatever letter case: two of one name would be sent as one.
 */
export function requestHeaders(facts: RequestFacts, { token, customHeaders }: HookSecrets, url: URL): Record<string, string> {
  const authorization = basicAuthorization(url);
  const headerToken = headerText(token ?? "");
  const own: Record<string, string> = {
    "Content-Type": "application/json",
    "User-Agent": `GitLab/${facts.version}`,
    "X-Gitlab-Event": facts.kind === "system" ? "System Hook" : eventNames[facts.trigger],
    "X-Gitlab-Instance": facts.instanceUrl,
    "X-Gitlab-Webhook-UUID": facts.requestId,
    "X-Gitlab-Event-UUID": uuidOf(facts.payloadKey),
    "Idempotency-Key": facts.idempotencyKey,
    ...(headerToken === "" ? {} : { "X-Gitlab-Token": headerToken }),
    ...(authorization === null ? {} : { Authorization: authorization }),
  };
  const taken = new Set(Object.keys(own).map((name) => name.toLowerCase()));
  const custom = customHeaders.filter(({ key }) => !taken.has(key.toLowerCase()));
  return { ...Object.fromEntries(custom.map(({ key, value }) => [key, value])), ...own };
}

/** A token on one line: a header that holds a line break would be two. The runtime logs values that are not ASCII. */
function headerText(token: string): string {
  return token.replace(/[^\x20-\x7e]/g, "").trim();
}

/** A UUID of the event, the same whenever it is asked for. */
function uuidOf(payloadKey: string): string {
  const hex = createHash("sha256").update(payloadKey).digest("hex");
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The headers as the delivery log shows them: of those that the hook's owner chose, the names alone. */
export function shownHeaders(
  headers: Record<string, string>,
  { customHeaders }: Pick<HookSecrets, "customHeaders">,
): Record<string, string> {
  const hidden = new Set(["x-gitlab-token", "authorization", ...customHeaders.map(({ key }) => key.toLowerCase())]);
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, hidden.has(name.toLowerCase()) ? redacted : value]));
}

/** Shorter ones guard nothing, and taking them out would leave nothing of a text. */
const shortestSecret = 4;

/**
 * A function that takes a hook's secrets out of a text, for what a receiver sends back: many answer with the request as
 * they saw it, and whoever reads the delivery log may not read the token.
 */
export function redactor({ token, customHeaders, urlVariables }: HookSecrets, url: URL): (text: string) => string {
  const ofUrl = [url.username, url.password, basicAuthorization(url) ?? ""];
  const values = [token ?? "", ...[...customHeaders, ...urlVariables].map(({ value }) => value), ...ofUrl];
  const spellings = values.flatMap((value) => [
    value,
    headerText(value),
    decoded(value),
    encodeURIComponent(value.toWellFormed()),
    JSON.stringify(value).slice(1, -1),
    value.replace(/^[A-Za-z]+ /, ""),
  ]);
  // The longest first: one may be a part of another.
  const secrets = [...new Set(spellings)].filter((value) => value.length >= shortestSecret).sort((a, b) => b.length - a.length);
  return (text) =>
    secrets.reduce(
      (rest, secret) => withoutEnd(rest, secret),
      secrets.reduce((rest, secret) => rest.replaceAll(secret, redacted), text),
    );
}

/** The text without the start of a secret at its end: what a receiver sends back is cut where it gets long. */
function withoutEnd(text: string, secret: string): string {
  const start = secret.slice(0, shortestSecret);
  let at = text.indexOf(start, Math.max(0, text.length - secret.length + 1));
  while (at !== -1 && !secret.startsWith(text.slice(at))) at = text.indexOf(start, at + 1);
  return at === -1 ? text : text.slice(0, at) + redacted;
}
