import * as v from "valibot";
import { unseal, type EncryptionKeys } from "../auth/sealed.ts";
import { fillInVariables, shownUrl, withoutUserInfo } from "../domain/hooks/address.ts";
import { judgeDestination } from "../domain/hooks/destination.ts";
import type { HookKind } from "../domain/hooks/hook.ts";
import { redactor, requestHeaders, shownHeaders, type RequestFacts } from "../domain/hooks/request.ts";
import { HookSecrets } from "../domain/hooks/secrets.ts";
import { renderTemplate } from "../domain/hooks/template.ts";
import { post, type Send } from "./post.ts";

/** Characters of a body that a template makes. */
const longestRendered = 2 * 1024 * 1024;

/** Stands for the address of a hook whose secrets cannot be read. */
export const unreadableUrl = "[unreadable]";

/** A hook's secrets; null where the key that they were sealed with is not at hand. */
export async function openSecrets(keys: EncryptionKeys, sealed: string): Promise<HookSecrets | null> {
  const secrets = v.safeParse(HookSecrets, await unseal(keys, sealed));
  return secrets.success ? secrets.output : null;
}

/** One request that is to be made. */
export interface HookCall extends Omit<RequestFacts, "kind" | "requestId"> {
  hook: { kind: HookKind; sealed: string; customWebhookTemplate: string | null };
  /** JSON as UTF-8, as a stream where it is large; or why there is none to send. */
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | "too_large" | null;
}

export interface CallSurroundings {
  keys: EncryptionKeys;
  allowsLocal: boolean;
  send: Send;
  clock: () => number;
}

/**
 * How it went:
 * - `delivered`: answered with 2xx;
 * - `failed`: answered otherwise, or not at all; another try may fare better;
 * - `refused`: the hook leads where no request may go, or makes no JSON; it would again;
 * - `unsendable`: for reasons that are not the hook's nor its receiver's.
 */
export interface HookCallOutcome {
  result: "delivered" | "failed" | "refused" | "unsendable";
  /** HTTP status; null without an answer. */
  status: number | null;
  /** As it goes into the delivery log: without any secret. */
  logged: {
    url: string;
    requestHeaders: Record<string, string>;
    responseHeaders: Record<string, string>;
    responseBody: string;
    responseStatus: string;
    error: string | null;
    executionDuration: number;
  };
}

/**
 * Calls a hook once (contract push 8.5). Where the request may go is judged here, with all variables filled in: when the hook
 * was stored, the setting may have been another. Never throws.
 *
 * `enable_ssl_verification` changes nothing: `fetch` always verifies certificates, and cannot be told otherwise.
 */
export async function callHook(call: HookCall, { keys, allowsLocal, send, clock }: CallSurroundings): Promise<HookCallOutcome> {
  const secrets = await openSecrets(keys, call.hook.sealed);
  if (secrets === null)
    return notMade("unsendable", unreadableUrl, "The URL of this hook cannot be read: the key it was encrypted with is gone");
  const url = shownUrl(secrets.url);
  const destination = judgeDestination(fillInVariables(secrets.url, secrets.urlVariables) ?? "", allowsLocal);
  if (!destination.allowed) return notMade("refused", url, destination.reason);
  const body = bodyOf(call);
  if ("error" in body) return notMade(body.result, url, body.error);

  const facts = { ...call, kind: call.hook.kind, requestId: crypto.randomUUID() };
  const headers = requestHeaders(facts, secrets, destination.url);
  const started = clock();
  const reply = await post(send, withoutUserInfo(destination.url), headers, body.json);
  const made = { url, requestHeaders: shownHeaders(headers, secrets), executionDuration: Math.max(0, clock() - started) / 1000 };
  if ("error" in reply) return { result: "failed", status: null, logged: { ...noAnswer, ...made, error: reply.error } };
  const redact = redactor(secrets, destination.url);
  return {
    result: reply.status >= 200 && reply.status < 300 ? "delivered" : "failed",
    status: reply.status,
    logged: {
      ...made,
      responseHeaders: Object.fromEntries(Object.entries(reply.headers).map(([name, value]) => [name, redact(value)])),
      responseBody: redact(reply.body),
      responseStatus: String(reply.status),
      error: null,
    },
  };
}

const noAnswer = { requestHeaders: {}, responseHeaders: {}, responseBody: "", responseStatus: "internal error", executionDuration: 0 };

function notMade(result: "refused" | "unsendable", url: string, error: string): HookCallOutcome {
  return { result, status: null, logged: { ...noAnswer, url, error } };
}

type Body = { json: BodyInit } | { result: "refused" | "unsendable"; error: string };

function bodyOf({ body, hook: { customWebhookTemplate: template } }: HookCall): Body {
  if (body === null) return { result: "unsendable", error: "The body of this delivery is not kept any more" };
  if (body === "too_large") return { result: "unsendable", error: "The body of this delivery is too large" };
  if (template === null) return { json: body };
  if (body instanceof ReadableStream) {
    return { result: "unsendable", error: "The event is too large for a custom webhook template" };
  }
  const rendered = renderTemplate(template, new TextDecoder().decode(body), longestRendered);
  if (rendered === null) return { result: "refused", error: "The custom webhook template gives no JSON, or too much of it" };
  return { json: rendered };
}
