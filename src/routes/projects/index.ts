import type { Operation } from "../../http/operation.ts";
import { createProject } from "./create.ts";
import { deleteProject } from "./delete.ts";
import { addProjectMember } from "./members.ts";
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
];
