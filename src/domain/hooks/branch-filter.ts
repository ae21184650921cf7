import { isLegalRefName } from "../git/ref-name.ts";
import { compileExpression } from "./expression.ts";
import type { BranchFilterStrategy } from "./hook.ts";

const longestWildcard = 4000;
const longestExpression = 512;
/** Steps of a compiled expression: `x{500}` has five hundred. Each push compiles it anew, and may take all of them for each character. */
const largestExpression = 1000;

/**
 * Whether a branch filter can be kept (contract provisioning 13): a wildcard must be a branch name once its stars are
 * letters, a regular expression one that RE2 reads, and small enough that it cannot keep the pushes of others waiting. Nothing
 * is a filter too, and `all_branches` needs none.
 */
export async function isLegalBranchFilter(filter: string | null, strategy: BranchFilterStrategy): Promise<boolean> {
  if (filter === null || filter.trim() === "" || strategy === "all_branches") return true;
  if (!filter.isWellFormed()) return false;
  if (strategy === "wildcard") return filter.length <= longestWildcard && isLegalRefName(filter.replaceAll("*", "x"));
  const expression = filter.length <= longestExpression ? await compileExpression(filter) : null;
  return expression !== null && expression.size <= largestExpression;
}
