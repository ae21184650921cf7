/** A regular expression that somebody gave, as RE2 reads it: it takes no longer than the text is long. */
export interface Expression {
  /** Whether it is found anywhere in the text. */
  matches: (text: string) => boolean;
  /** Steps of the compiled expression. */
  size: number;
}

/**
 * Null for what is no expression. JavaScript's own would let whoever writes one keep the Worker busy for hours; the library
 * that does not is loaded by the first who needs it, so that all others start without it.
 */
export async function compileExpression(text: string): Promise<Expression | null> {
  const { RE2JS } = await import("re2js");
  try {
    const compiled = RE2JS.compile(text);
    return { matches: (each) => compiled.matcher(each).find(), size: compiled.programSize() };
  } catch {
    return null;
  }
}
