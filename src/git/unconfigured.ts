import type { GitPort } from "../domain/git/questions.ts";

/** Where no Gitaly is to be asked: it says so, and never that a check was passed. */
export const unconfiguredGit: GitPort = { ask: () => ({ kind: "not_verified" }) };
