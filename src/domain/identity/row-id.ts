/** The id that a path segment names: digits only, up to 2^53 − 1. Null for anything else, which finds nothing. */
export function parseRowId(text: string): number | null {
  const id = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(id) ? id : null;
}
