import type { Operation } from "../../http/operation.ts";
import { projectAlerts } from "./alerts.ts";
import { findProjectGroups } from "./ancestor-groups.ts";
import { archiveProject, unarchiveProject } from "./archive.ts";
import { clusterAgents } from "./cluster-agents/index.ts";
import { createProject, createProjectForUser } from "./create.ts";
import { deleteProject } from "./delete.ts";
import { enableDeployKey } from "./deploy-key-enabling.ts";
import { addDeployKey, disableDeployKey, editDeployKey, findDeployKeys, showDeployKey } from "./deploy-keys.ts";
import { findProjects } from "./list.ts";
import { projectHooks } from "./hooks.ts";
import { projectMembers } from "./members.ts";
import { findProjectUsers } from "./project-users.ts";
import { changeProtectedBranch, listProtectedBranches, protectBranch, showProtectedBranch, unprotectBranch } from "./protected-branches.ts";
import { listProtectedTags, protectTag, showProtectedTag, unprotectTag } from "./protected-tags.ts";
import { showPushRule } from "./push-rule.ts";
import { findBranches, showBranch } from "./repository/branches.ts";
import { findTags, showTag } from "./repository/tags.ts";
import { shareProject, unshareProject } from "./shares.ts";
import { showProject } from "./show.ts";
import { updateProject } from "./update.ts";
import { findFindings, findVulnerabilities } from "./vulnerabilities.ts";

export const projects: readonly Operation[] = [
  findProjects,
  createProject,
  createProjectForUser,
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
  findBranches,
  showBranch,
  findTags,
  showTag,
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
  ...clusterAgents,
  ...projectAlerts,
  findVulnerabilities,
  findFindings,
  findDeployKeys,
  showDeployKey,
  addDeployKey,
  editDeployKey,
  enableDeployKey,
  disableDeployKey,
  ...projectHooks,
];
