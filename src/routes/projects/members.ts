import type { Operation } from "../../http/operation.ts";
import { changeMember, removeMember } from "../member-changes.ts";
import { memberLists } from "../member-lists.ts";
import { projectSource } from "../member-source.ts";
import { addMember } from "../membership.ts";

/** /projects/:id/members (contract provisioning 8). */
export const projectMembers: readonly Operation[] = [
  ...memberLists(projectSource),
  addMember(projectSource),
  changeMember(projectSource),
  removeMember(projectSource),
];
