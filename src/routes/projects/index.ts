import type { Operation } from "../../http/operation.ts";
import { findProjectGroups } from "./ancestor-groups.ts";
import { archiveProject, unarchiveProject } from "./archive.ts";
import { createToken, registerAgent, showAgent } from "./cluster-agents.ts";
import { createProject } from "./create.ts";
import { deleteProject } from "./delete.ts";
import { enableDeployKey } from "./deploy-key-enabling.ts";
import { addDeployKey, disableDeployKey, editDeployKey, findDeployKeys, showDeployKey } from "./deploy-keys.ts";
import { projectMembers } from "./members.ts";
import { findProjectUsers } from "./project-users.ts";
import { changeProtectedBranch, listProtectedBranches, protectBranch, showProtectedBranch, unprotectBranch } from "./protected-branches.ts";
import { listProtectedTags, protectTag, showProtectedTag, unprotectTag } from "./protected-tags.ts";
import { showPushRule } from "./push-rule.ts";
import { showBranch } from "./repository/branches.ts";
import { shareProject, unshareProject } from "./shares.ts";
import { showProject } from "./show.ts";
import { updateProject } from "./update.ts";

export const projects: readonly Operation[] = [
  createProject,
  showProject,
  updateProject,
  deleteProject,
  ...projectMembers,
  findProjectUsers,
  findProjectGroups,
  shareProject,
  unshareProject,
  archiveProject,
  unarchiveProject,
  showBranch,
  showPushRule,
  listProtectedBranches,
  showProtectedBranch,
  protectBranch,
  changeProtectedBranch,
  unprotectBranch,
  listProtectedTags,
  showProtectedTag,
  protectTag,
  unprotectTag,
  showAgent,
  registerAgent,
  createToken,
  findDeployKeys,
  showDeployKey,
  addDeployKey,
  editDeployKey,
  enableDeployKey,
  disableDeployKey,
];
