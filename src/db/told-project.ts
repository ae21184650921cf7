import { sql } from "drizzle-orm";
import type { ToldProject } from "../domain/hooks/push-payload.ts";

export interface ToldProjectRow {
  id: number;
  name: string;
  description: string | null;
  visibility: ToldProject["visibility"];
  full_path: string;
  default_branch: string;
  ci_config_path: string | null;
  namespace_name: string;
}

/** What web hooks tell of a project: columns of projects `p`, its route `r` and its namespace `n`. */
export const toldProjectColumns = sql`
  p.id as id, p.name as name, p.description as description, p.visibility as visibility, r.path as full_path,
  p.default_branch as default_branch, p.attributes ->> 'ci_config_path' as ci_config_path, n.name as namespace_name`;

export function toToldProject(row: ToldProjectRow): ToldProject {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    visibility: row.visibility,
    fullPath: row.full_path,
    defaultBranch: row.default_branch,
    ciConfigPath: row.ci_config_path,
    namespaceName: row.namespace_name,
  };
}
