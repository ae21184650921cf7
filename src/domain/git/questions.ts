import type { ChangeList, RefChange } from "./changes.ts";

/** The checks that need what only the repository knows, as `UNVERIFIED_CHECKS` names them (contract git-access 18). */
export const unverifiedKinds = [
  "force_push",
  "branch_basis",
  "lfs_integrity",
  "lfs_locks",
  "web_author",
  "signatures",
  "snippet_files",
] as const;
export type UnverifiedKind = (typeof unverifiedKinds)[number];

/** What becomes of a push where nobody can make a check. */
export type UnverifiedPolicy = Record<UnverifiedKind, "allow" | "refuse">;

/** Only what may be based on nothing is refused by default: most pushes could not be made otherwise. */
export const defaultPolicy: UnverifiedPolicy = {
  force_push: "allow",
  branch_basis: "refuse",
  lfs_integrity: "allow",
  lfs_locks: "allow",
  web_author: "allow",
  signatures: "allow",
  snippet_files: "allow",
};

/** What is asked of a repository, with its quarantined objects: name → what goes in, and what comes back. */
export interface GitQuestions {
  /** Whether `oldrev` is no ancestor of `newrev`. */
  force_push: { change: RefChange; answer: boolean };
  /** Short names of the branches that contain `newrev`. */
  branch_basis: { change: RefChange; answer: readonly string[] };
  /** Whether every LFS object that the new commits point at has been uploaded. */
  lfs_integrity: { changes: ChangeList; answer: boolean };
  /** The first file that the new commits change and somebody else has locked. */
  lfs_locks: { change: RefChange; answer: { path: string; username: string } | null };
  /** Whether each new commit that the instance signed has the pushing user for its author. */
  web_author: { change: RefChange; answer: boolean };
  /** How many files there are at `newrev`. */
  snippet_files: { change: RefChange; answer: number };
  /** Whether the repository is larger than it may be, or would be with this push. */
  snippet_size: { answer: "within" | "exceeded" | "would_exceed" };
}
export type QuestionName = keyof GitQuestions;
export type QuestionOf<Name extends QuestionName> = Omit<GitQuestions[Name], "answer"> & { name: Name };
export type AnswerTo<Name extends QuestionName> = GitQuestions[Name]["answer"];
export type GitQuestion = { [Name in QuestionName]: QuestionOf<Name> }[QuestionName];

export type GitAnswer =
  /** `value` is the answer that belongs to the question's name. */
  { kind: "verified"; value: unknown } | { kind: "not_verified" } | { kind: "timed_out" } | { kind: "failed" };

/** The kind of check that a question is part of. */
export function kindOf({ name }: Pick<GitQuestion, "name">): UnverifiedKind {
  return name === "snippet_size" ? "snippet_files" : name;
}

/** A question, and how long its answer may take. */
export interface Asking {
  question: GitQuestion;
  millisecondsLeft: number;
}

/** The one way to what only a repository knows. A port that throws has failed. */
export interface GitPort {
  ask(asking: Asking): GitAnswer | Promise<GitAnswer>;
}
