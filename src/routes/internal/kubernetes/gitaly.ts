import * as v from "valibot";
import type { Config } from "../../../config.ts";
import { diskPathOf } from "../../../domain/access/target.ts";
import type { AgentProject } from "../../../domain/agents/facts.ts";
import { connectionTo } from "../../../domain/git/gitaly-connection.ts";
import { formatGlRepository } from "../../../domain/identity/gl-repository.ts";

/** Where kas reads a project's repository (contract kas 2). */
export const repositoryFields = {
  gitaly_info: v.object({ address: v.string(), token: v.nullable(v.string()), features: v.record(v.string(), v.string()) }),
  gitaly_repository: v.object({
    storage_name: v.string(),
    relative_path: v.string(),
    gl_repository: v.string(),
    gl_project_path: v.string(),
  }),
  default_branch: v.string(),
};

/** What kas refuses to go without, though there may be no branch at all. */
const fallbackBranch = "main";

export function renderRepository(project: AgentProject, config: Config) {
  return {
    gitaly_info: connectionTo(project.repositoryStorage, project.fullPath, config),
    gitaly_repository: {
      storage_name: project.repositoryStorage,
      relative_path: `${diskPathOf(project)}.git`,
      gl_repository: formatGlRepository({ type: "project", id: project.id }),
      gl_project_path: project.fullPath,
    },
    default_branch: project.defaultBranch === "" ? fallbackBranch : project.defaultBranch,
  };
}
