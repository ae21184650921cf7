import { AccessLevel } from "../../domain/identity/access-level.ts";
import { operation } from "../../http/operation.ts";
import { addMembers, MembershipAnswer, MembershipParams } from "../membership.ts";
import { requireLevel, seeGroup } from "../places.ts";

/** POST /groups/:id/members: makes users members of a group; its owners may (contract provisioning 8). */
export const addGroupMember = operation({
  method: "POST",
  path: "/groups/:id/members",
  summary: "Make a user, or several, members of a group",
  tags: ["provisioning"],
  caller: "user",
  params: MembershipParams,
  answers: { 201: { description: "The membership", schema: MembershipAnswer } },
  faults: [404, 409],
  async handle(c, params) {
    const { caller } = c.var;
    const group = await seeGroup(c, caller, params.id);
    requireLevel(group, AccessLevel.owner);
    const { id } = group.namespace;
    return addMembers(c, caller, { kind: "group", place: { namespaceId: id }, inNamespaceId: id, viewer: group.viewer }, params);
  },
});
