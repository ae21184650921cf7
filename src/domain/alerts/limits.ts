import { exceedsJsonLimits, type JsonLimits } from "../json-limits.ts";
import type { JsonObject } from "../json-object.ts";

/** Bytes of JSON in UTF-8, and levels of lists and objects, of an alert that is kept (contract kas 6). */
const limits: JsonLimits = { bytes: 1024 * 1024, depth: 100 };

/** Asked before anything else is done with a payload: all that reads one relies on its depth. */
export function isOversized(payload: JsonObject): boolean {
  return exceedsJsonLimits(payload, limits);
}
