/** Characters that the name of a token, and its description, may have. */
const longestText = 255;

/** Characters of a token behind its prefix. */
export const tokenLength = 20;

/** What is wrong with the length of a name or description, as a list of at most one sentence. */
export function lengthErrors(field: "Name" | "Description", value: string): string[] {
  return value.length > longestText ? [`${field} is too long (maximum is ${longestText} characters)`] : [];
}
