import { badRequest } from "../fault.ts";

/**
 * Gitaly's client context: Base64 of a JSON object; blank is an empty one. Throws 400 for anything else (contract
 * git-access 2.1).
 */
export function parseClientContext(base64: string): Record<string, unknown> {
  if (base64.trim() === "") return {};
  const context = parseJson(Buffer.from(base64, "base64").toString("utf8"));
  if (context === undefined) throw badRequest("malformed gitaly_client_context_bin");
  if (!isObject(context)) throw badRequest("Decoded gitaly_client_context_bin is not a valid JSON object");
  return context;
}

/** Null for what is not the text of a JSON object. */
export function parseJsonObject(text: string): Record<string, unknown> | null {
  const value = parseJson(text);
  return isObject(value) ? value : null;
}

/** Undefined for text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
