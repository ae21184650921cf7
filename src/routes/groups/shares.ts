import { operation } from "../../http/operation.ts";
import { GroupDetail } from "../entities/group.ts";
import { InvitationParams, inviteGroup, withdrawInvitation, WithdrawalParams } from "../invitations.ts";
import { groupSource, seenGroup } from "../member-source.ts";
import { seeGroup } from "../places.ts";
import { describeGroup } from "./describe.ts";

/** POST /groups/:id/share: gives the members of one group a role in another (contract provisioning 7). */
export const shareGroup = operation({
  method: "POST",
  path: "/groups/:id/share",
  summary: "Invite a group to another group",
  tags: ["provisioning"],
  caller: "user",
  params: InvitationParams,
  answers: { 201: { description: "The group, with those that are invited to it", schema: GroupDetail } },
  faults: [404, 409],
  async handle(c, params) {
    const { caller } = c.var;
    const group = await seeGroup(c, caller, params.id);
    await inviteGroup(c, seenGroup(group), params);
    return c.json(await describeGroup(c, caller, group, true), 201);
  },
});

/** DELETE /groups/:id/share/:group_id: takes that role away again. */
export const unshareGroup = operation({
  method: "DELETE",
  path: "/groups/:id/share/:group_id",
  summary: "Take the invitation of a group to another group back",
  tags: ["provisioning"],
  caller: "user",
  params: WithdrawalParams,
  answers: { 204: { description: "Taken back" } },
  faults: [404, 412],
  async handle(c, params) {
    return withdrawInvitation(c, await groupSource.see(c, c.var.caller, params.id), params.group_id);
  },
});
