/** One line of a push: what a ref was, what it becomes, and its full name. */
export interface RefChange {
  /** 40 or 64 hex digits; all zeros: the ref is created. */
  oldrev: string;
  /** The same; all zeros: the ref is deleted. */
  newrev: string;
  ref: string;
}

/** What was sent as `changes`: text with a line for each change, or a list with an element for each. */
export type ChangeSource = string | readonly unknown[];

/**
 * A push as it was sent, looked through once. It is scanned where it is needed and never turned into objects that stay:
 * a push may have 100,000 refs (contract git-access 11).
 */
export interface ChangeList {
  source: ChangeSource;
  /** Whether every line is a change. */
  isWellFormed: boolean;
  /** How many changes there are; up to the first malformed one. */
  count: number;
  /** Short names of the branches, full names of the tags; null where they are more than anybody looks up. */
  branches: readonly string[] | null;
  tags: readonly string[] | null;
  /** Where created branches begin; at most as many as are looked up. */
  createdHeads: readonly string[];
}

/** More stored refs than this are not looked up for one push, nor names that are longer together: D1 takes 2 MB. */
const mostLookedUp = 1000;
const mostCharacters = 100_000;
/** Git's own limit for a line of its protocol is about as long. */
const longestLineBytes = 4096;

const fields =
  /^([0-9a-f]{40}(?:[0-9a-f]{24})?)[\t\v\f\r ]+([0-9a-f]{40}(?:[0-9a-f]{24})?)[\t\v\f\r ]+([^\n\t\v\f\r ]+)(?:[\t\v\f\r ][^\n]*)?$/i;

/** Reads `changes` of a push; `any` and `none` name none (contract git-access 11). */
export function parseChanges(changes: unknown): "any" | "none" | ChangeList {
  if (changes === "_any") return "any";
  if (changes === undefined || changes === null) return "none";
  const source: ChangeSource = typeof changes === "string" || Array.isArray(changes) ? changes : [changes];
  const list = survey(source);
  return list.isWellFormed && list.count === 0 ? "none" : list;
}

function survey(source: ChangeSource): ChangeList {
  let count = 0;
  const branches = collector();
  const tags = collector();
  const createdHeads: string[] = [];
  for (const change of scanLines(source)) {
    if (change === null) return { source, isWellFormed: false, count, branches: null, tags: null, createdHeads };
    count += 1;
    if (isTag(change.ref)) tags.add(change.ref);
    if (!isBranch(change.ref)) continue;
    branches.add(shortNameOf(change.ref));
    if (createdHeads.length < mostLookedUp && isBlankRevision(change.oldrev)) createdHeads.push(change.newrev);
  }
  return { source, isWellFormed: true, count, branches: branches.names(), tags: tags.names(), createdHeads };
}

/** Keeps names as long as they are few enough to be looked up. */
function collector() {
  let kept: string[] | null = [];
  let characters = 0;
  return {
    add(name: string) {
      characters += name.length;
      if (kept === null || kept.length === mostLookedUp || characters > mostCharacters) kept = null;
      else kept.push(name);
    },
    names: () => kept,
  };
}

/** The changes of a well-formed list, in the order in which they were sent. */
export function* changesOf(list: ChangeList): Generator<RefChange> {
  for (const change of scanLines(list.source)) {
    if (change !== null) yield change;
  }
}

/** Every change that is not blank; null for what is none. */
function* scanLines(source: ChangeSource): Generator<RefChange | null> {
  for (const line of typeof source === "string" ? linesOf(source) : source) {
    const change = readLine(line);
    if (change !== "blank") yield change;
  }
}

/** A line of a push; null for what is none. */
export function readLine(line: unknown): RefChange | "blank" | null {
  if (typeof line !== "string" || isTooLong(line)) return null;
  const text = stripped(line);
  return text === "" ? "blank" : parseLine(text);
}

/** The lines of a text without their ends; what stands behind the last end is a line unless it is empty. */
export function* linesOf(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    yield text.slice(start, end);
    start = end + 1;
  }
}

/** Only long lines are measured: no character has more than three bytes a UTF-16 unit. */
function isTooLong(line: string): boolean {
  if (line.length > longestLineBytes) return true;
  return line.length > longestLineBytes / 3 && Buffer.byteLength(line) > longestLineBytes;
}

/** Without the blanks around it, and these are ASCII's: any other may be part of a ref's name. */
function stripped(text: string): string {
  const isBlank = (at: number) => " \t\n\v\f\r".includes(text.charAt(at));
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(start)) start += 1;
  while (end > start && isBlank(end - 1)) end -= 1;
  return text.slice(start, end);
}

/** A line break, which only an element of a list may have inside, would hide a second change behind the first. */
function parseLine(text: string): RefChange | null {
  const [, oldrev, newrev, ref] = fields.exec(text) ?? [];
  return oldrev === undefined || newrev === undefined || ref === undefined ? null : { oldrev, newrev, ref };
}

export function isBlankRevision(revision: string): boolean {
  return /^0+$/.test(revision);
}

const branchPrefix = "refs/heads/";
const tagPrefix = "refs/tags/";

export function isBranch(ref: string): boolean {
  return ref.length > branchPrefix.length && ref.startsWith(branchPrefix);
}

export function isTag(ref: string): boolean {
  return ref.length > tagPrefix.length && ref.startsWith(tagPrefix);
}

/** Name of a branch or tag without what stands before it, once; any other ref's full name. */
export function shortNameOf(ref: string): string {
  if (isBranch(ref)) return ref.slice(branchPrefix.length);
  return isTag(ref) ? ref.slice(tagPrefix.length) : ref;
}
