import { sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { DefaultBranchRule } from "../domain/access/default-branch.ts";
import { roleHolder, type Level } from "../domain/access/protected-level.ts";
import { AccessLevel } from "../domain/identity/access-level.ts";
import type { Db } from "./client.ts";
import { insertLevels } from "./protected-ref-levels.ts";
import { protectedBranches } from "./schema/index.ts";

/**
 * For a batch: a rule for a branch that has none. The batch fails with the database's refusal of a name that is taken
 * (constraint.ts, `protected_branches.`): a rule that somebody makes meanwhile is left as they made it.
 */
export function createDefaultBranchRule(db: Db, projectId: number, branch: string, rule: DefaultBranchRule): BatchItem<"sqlite">[] {
  const levels: Level[] = [
    { action: "push", ...roleHolder(rule.pushLevel) },
    { action: "merge", ...roleHolder(rule.mergeLevel) },
    { action: "unprotect", ...roleHolder(AccessLevel.maintainer) },
  ];
  const id = sql`select id from protected_branches where project_id = ${projectId} and name = ${branch}`;
  return [db.query.insert(protectedBranches).values({ projectId, name: branch }), insertLevels(db, "branch", id, levels)];
}
