/** A regular expression that somebody gave, as RE2 reads it: it takes no longer than the text is long. */
export interface Expression {
  /** Whether it is found anywhere in the text; never in one of more than 500 characters. */
  matches: (text: string) => boolean;
  /** Steps of the compiled expression. */
  size: number;
}

/** Characters. A few names may be looked at by hundreds of expressions, and the pushes of others wait. */
const longestText = 500;

/**
 * Null for what is no expression. JavaScript's own would let whoever writes one keep the Worker busy for hours; the library
 * that does not is loaded by the first who needs it, so that all others start without it.
 */
export async function compileExpression(text: string): Promise<Expression | null> {
  const { RE2JS } = await import("re2js");
  try {
    const compiled = RE2JS.compile(text);
    return { matches: (each) => each.length <= longestText && compiled.matcher(each).find(), size: compiled.programSize() };
  } catch {
    return null;
  }
}
