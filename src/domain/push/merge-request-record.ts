/** What of a merge request can be wrong by itself. */
export interface MergeRequestTexts {
  title: string;
  description: string | null;
  sourceBranch: string;
  targetBranch: string;
  /** Source and target are the same branch of the same project. */
  isOwnTarget: boolean;
}

const longestTitle = 255;
/** Longer than what Git takes as one push option. */
const longestDescription = 65_535;

/** Everything that is wrong with it, in the words that the pusher reads (contract push 5). */
export function mergeRequestErrors({ title, description, sourceBranch, targetBranch, isOwnTarget }: MergeRequestTexts): string[] {
  const rows: [boolean, string][] = [
    [isBlank(title), "Title can't be blank"],
    [isLonger(title, longestTitle), `Title is too long (maximum is ${longestTitle} characters)`],
    [
      description !== null && isLonger(description, longestDescription),
      `Description is too long (maximum is ${longestDescription} characters)`,
    ],
    [isBlank(sourceBranch), "Source branch can't be blank"],
    [isBlank(targetBranch), "Target branch can't be blank"],
    [isOwnTarget, "Branch conflict You can't use same project/branch for source and target"],
  ];
  return rows.flatMap(([holds, text]) => (holds ? [text] : []));
}

/** What the database's refusal of a second open merge request of the same branches means. */
export function alreadyOpenError(iid: number): string {
  return `Validate branches Another open merge request already exists for this source branch: !${iid}`;
}

function isBlank(text: string): boolean {
  return text.trim() === "";
}

/** Counts characters, and no more of them than need to be: what has twice as many halves is too long by its length. */
function isLonger(text: string, most: number): boolean {
  return text.length > most && (text.length > 2 * most || Array.from(text).length > most);
}

/** Of a branch without a title: its name with blanks for `-` and `_`, the first letter upper-cased. */
export function titleOfBranch(branch: string): string {
  const words = branch.replace(/[-_]/g, " ").trim();
  const [first = ""] = words;
  return first.toUpperCase() + words.slice(first.length);
}

const draftMark = /^\s*(?:(?:\[draft\]|\(draft\)|draft:)\s*)+/i;

/** Whether a title says that the merge request is not ready: it is kept nowhere else. */
export function isDraftTitle(title: string): boolean {
  return draftMark.test(title);
}

/** The title with what marks it as a draft, or without; null leaves it as it is. */
export function draftTitle(title: string, isDraft: boolean | null): string {
  if (isDraft === null || isDraft === isDraftTitle(title)) return title;
  return isDraft ? `Draft: ${title}` : title.replace(draftMark, "");
}
