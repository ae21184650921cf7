/**
 * Whether a pushed branch or tag may be called so (contract git-access 12.5): Git's own rules for refs, and none of the
 * names that would be taken for something else. Nothing is longer than a line of a push.
 */
export function isLegalRefName(name: string): boolean {
  return name !== "" && name !== "HEAD" && !ambiguous.test(name) && !illegal.test(name);
}

const ambiguous = /^(?:refs\/heads\/|refs\/remotes\/|-)/;
// Characters and sequences of Git's own grammar; then empty components, and such as begin with a dot or end in .lock.
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const illegal = /[\0-\x1f\x7f ~^:?*[\\]|\.\.|@\{|\.$|(?:^|\/)[./]|\/$|\.lock(?:\/|$)/;

/** A name that begins like a commit's: whoever uses it could mean either. */
export function beginsWithHash(name: string): boolean {
  return /^[0-9a-f]{40}/i.test(name);
}

/**
 * Whether the name was valid UTF-8 when it was pushed: bytes that are not arrive as U+FFFD, which Gitaly's JSON puts in
 * their place, or as half a surrogate pair.
 */
export function isCleanText(name: string): boolean {
  return !/[\ufffd\p{Surrogate}]/u.test(name);
}
