/** A text that the database gives back as it was: NUL, and half of a surrogate pair, become U+FFFD. */
export function storableText(text: string): string {
  return text.replaceAll("\0", "\ufffd").toWellFormed();
}

/** The first characters of a text, none of them cut in two. */
export function firstCharacters(text: string, count: number): string {
  // No more of a long text is taken apart than so many characters could need: each has two units at most.
  return Array.from(text.slice(0, 2 * count))
    .slice(0, count)
    .join("");
}
