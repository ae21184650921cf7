/**
 * A test for the names that a rule speaks of: the name itself or, where it has a `*`, every name that is the same but
 * for any run of characters, `/` included, in the place of each `*` (contract git-access 12.3). Everything else is
 * literal. A blank rule matches nothing. Nothing is tried twice: a test looks for each piece once, from left to right.
 */
export function compilePattern(pattern: string): (name: string) => boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return (name) => name !== "" && name === pattern;
  return (name) => {
    if (name === "" || name.includes("\n") || name.length < first.length + last.length) return false;
    if (!name.startsWith(first) || !name.endsWith(last)) return false;
    const end = name.length - last.length;
    let at = first.length;
    for (const piece of rest) {
      const found = name.indexOf(piece, at);
      if (found === -1 || found + piece.length > end) return false;
      at = found + piece.length;
    }
    return true;
  };
}
