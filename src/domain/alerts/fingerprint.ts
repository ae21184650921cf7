import { createHash } from "node:crypto";
import { canonicalJson } from "../canonical-json.ts";
import { isJsonObject, type JsonObject } from "../json-object.ts";

/**
 * What alerts of one kind have in common: SHA-1 in hex of the fingerprint that the payload gives, else of its Cilium flow, else
 * of all that it says; null where there is nothing to tell it from others by (contract kas 6.3). Flows and payloads count as
 * canonical JSON, without what differs from one event to the next.
 */
export function fingerprintOf(payload: JsonObject): string | null {
  const text = givenText(payload["fingerprint"]) ?? flowText(payload["flow"]) ?? genericText(payload);
  return text === null ? null : createHash("sha1").update(text).digest("hex");
}

/** A scalar as text, the elements of a list one behind the other; null where that is blank. */
function givenText(given: unknown): string | null {
  const text = Array.isArray(given) ? given.flat(Infinity).map(elementText).join("") : isJsonObject(given) ? "" : elementText(given);
  return text.trim() === "" ? null : text;
}

function elementText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : canonicalJson(value);
}

function flowText(flow: unknown): string | null {
  return isJsonObject(flow) ? textOf(withoutFlags(without(flow, ["time", "Summary"]))) : null;
}

/** Which flags a TCP packet had says nothing of the connection. */
function withoutFlags(flow: JsonObject): JsonObject {
  const { l4 } = flow;
  if (!isJsonObject(l4) || !isJsonObject(l4["TCP"])) return flow;
  return { ...flow, l4: { ...l4, TCP: without(l4["TCP"], ["flags"]) } };
}

function genericText(payload: JsonObject): string | null {
  return textOf(without(payload, ["start_time", "end_time", "hosts"]));
}

function textOf(value: JsonObject): string | null {
  return Object.keys(value).length === 0 ? null : canonicalJson(value);
}

function without(value: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}
