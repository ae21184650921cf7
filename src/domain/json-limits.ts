/** How large a JSON value may be: bytes of its text in UTF-8, and how deep lists and objects lie in each other. */
interface JsonLimits {
  bytes: number;
  depth: number;
}

/** Of an alert or a vulnerability that is kept as an agent reports it (contract kas 6, 7). */
export const reportedLimits: JsonLimits = { bytes: 1024 * 1024, depth: 100 };

/**
 * Whether the value is larger or deeper than what is kept. A text or number has no depth, `[]` and `{}` have one level.
 * Depth comes first, level by level and no further than the limit: what walks a value by recursion, as writing JSON does,
 * would run out of stack on a body of nothing but brackets.
 */
export function exceedsJsonLimits(value: unknown, { bytes, depth }: JsonLimits): boolean {
  let level = [value].filter(isNesting);
  for (let levels = 1; level.length > 0; levels += 1) {
    if (levels > depth) return true;
    level = level.flatMap((each) => Object.values(each).filter(isNesting));
  }
  return Buffer.byteLength(JSON.stringify(value) ?? "") > bytes;
}

function isNesting(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
