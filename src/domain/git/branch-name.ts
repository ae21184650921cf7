/**
 * Whether Git would take this as the name of a branch (git-check-ref-format): no blanks, control characters or
 * characters of its own grammar, no empty part, none that begins with a dot or ends in `.lock`. At most 255 bytes, as
 * long as a file of a reference may be named.
 */
export function isBranchName(name: string): boolean {
  if (Buffer.byteLength(name) > 255 || name === "@" || name.startsWith("-") || name.endsWith(".")) return false;
  if (/[\p{Cc} ~^:?*[\\]|\.\.|@\{/u.test(name)) return false;
  return name.split("/").every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock"));
}
