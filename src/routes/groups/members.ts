import type { Operation } from "../../http/operation.ts";
import { changeMember, removeMember } from "../member-changes.ts";
import { memberLists } from "../member-lists.ts";
import { groupSource } from "../member-source.ts";
import { addMember } from "../membership.ts";

/** /groups/:id/members (contract provisioning 8). */
export const groupMembers: readonly Operation[] = [
  ...memberLists(groupSource),
  addMember(groupSource),
  changeMember(groupSource),
  removeMember(groupSource),
];
