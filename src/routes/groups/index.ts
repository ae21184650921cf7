import type { Operation } from "../../http/operation.ts";
import { createGroup } from "./create.ts";
import { deleteGroup } from "./delete.ts";
import { groupHooks } from "./hooks.ts";
import { findDescendantGroups, findGroups, findSubgroups } from "./list.ts";
import { groupMembers } from "./members.ts";
import { findGroupProjects } from "./projects.ts";
import {
  changeGroupProtectedBranch,
  listGroupProtectedBranches,
  protectGroupBranch,
  showGroupProtectedBranch,
  unprotectGroupBranch,
} from "./protected-branches.ts";
import { shareGroup, unshareGroup } from "./shares.ts";
import { showGroup } from "./show.ts";
import { addSshCertificate, findSshCertificates, removeSshCertificate } from "./ssh-certificates.ts";
import { updateGroup } from "./update.ts";

export const groups: readonly Operation[] = [
  findGroups,
  createGroup,
  showGroup,
  updateGroup,
  deleteGroup,
  findSubgroups,
  findDescendantGroups,
  findGroupProjects,
  ...groupMembers,
  shareGroup,
  unshareGroup,
  listGroupProtectedBranches,
  showGroupProtectedBranch,
  protectGroupBranch,
  changeGroupProtectedBranch,
  unprotectGroupBranch,
  ...groupHooks,
  findSshCertificates,
  addSshCertificate,
  removeSshCertificate,
];
