/** Bytes of JSON that one parameter of a statement has; D1 takes 2 MB, and a batch has a few of them. */
const longestChunk = 300_000;

/** Values as JSON arrays of a bounded size, so that a list of any length is written by statements that D1 takes. */
export function* jsonChunks(values: Iterable<unknown>): Generator<string> {
  let chunk: string[] = [];
  let bytes = 0;
  for (const value of values) {
    const text = JSON.stringify(value);
    const size = Buffer.byteLength(text) + 1;
    if (chunk.length > 0 && bytes + size > longestChunk) {
      yield `[${chunk.join(",")}]`;
      chunk = [];
      bytes = 0;
    }
    chunk.push(text);
    bytes += size;
  }
  if (chunk.length > 0) yield `[${chunk.join(",")}]`;
}
