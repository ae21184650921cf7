/** Characters of a part: a body has as many of them as it needs. */
export const partLength = 150_000;

/** A body in parts that the database takes. A character of two units stays in one piece. */
export function* payloadParts(text: string): Generator<string> {
  let from = 0;
  while (from < text.length) {
    const to = from + partLength;
    const end = isHighSurrogate(text.charCodeAt(to - 1)) ? to - 1 : to;
    yield text.slice(from, end);
    from = end;
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
