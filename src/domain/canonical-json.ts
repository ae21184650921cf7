import { isJsonObject } from "./json-object.ts";

/**
 * A JSON value as the one text that all values equal to it have: keys in order, no spaces. Walks the value by recursion, so
 * that how deep it is has to be known to be bounded (json-limits.ts).
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value) ?? "null";
  const entries = Object.keys(value)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${entries.join(",")}}`;
}
