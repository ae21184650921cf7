import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { app } from "../../src/app.ts";
import { shellHeaders, type Reply } from "./call.ts";

type Swap = { [Name in keyof Env]?: unknown };

/**
 * One call by the shell's shared secret, with some vars or bindings replaced, that comes back when the writes after the
 * answer are done too. Without `json` it is a GET.
 */
export async function shellCall(
  path: string,
  { json, headers }: { json?: unknown; headers?: Record<string, string> } = {},
  swap: Swap = {},
): Promise<Reply> {
  const context = createExecutionContext();
  const init: RequestInit =
    json === undefined
      ? { headers: { ...shellHeaders, ...headers } }
      : { method: "POST", body: JSON.stringify(json), headers: { "Content-Type": "application/json", ...shellHeaders, ...headers } };
  const response = await app.request(`http://gitlab.example.test/api/v4${path}`, init, { ...env, ...swap }, context);
  const text = await response.text();
  const body: unknown = text === "" ? undefined : JSON.parse(text);
  await waitOnExecutionContext(context);
  return { status: response.status, headers: response.headers, body };
}
