import type { Operation } from "../../http/operation.ts";
import { createToken, registerAgent, showAgent } from "./cluster-agents.ts";
import { createProject } from "./create.ts";
import { deleteProject } from "./delete.ts";
import { addDeployKey, showDeployKey } from "./deploy-keys.ts";
import { addProjectMember } from "./members.ts";
import { protectBranch, showProtectedBranch, unprotectBranch } from "./protected-branches.ts";
import { showPushRule } from "./push-rule.ts";
import { showBranch } from "./repository/branches.ts";
import { showProject } from "./show.ts";
import { updateProject } from "./update.ts";

export const projects: readonly Operation[] = [
  createProject,
  showProject,
  updateProject,
  deleteProject,
  addProjectMember,
  showBranch,
  showPushRule,
  showProtectedBranch,
  protectBranch,
  unprotectBranch,
  showAgent,
  registerAgent,
  createToken,
  showDeployKey,
  addDeployKey,
];
