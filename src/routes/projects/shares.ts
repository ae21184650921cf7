import { operation } from "../../http/operation.ts";
import { renderShareLink, ShareLink } from "../entities/share.ts";
import { InvitationParams, inviteGroup, withdrawInvitation, WithdrawalParams } from "../invitations.ts";
import { projectSource, seenProject } from "../member-source.ts";
import { seeProject } from "../places.ts";

/** POST /projects/:id/share: gives the members of a group a role in a project (contract provisioning 9.1). */
export const shareProject = operation({
  method: "POST",
  path: "/projects/:id/share",
  summary: "Invite a group to a project",
  tags: ["provisioning"],
  caller: "user",
  params: InvitationParams,
  answers: { 201: { description: "The invitation", schema: ShareLink } },
  faults: [404, 405, 409],
  async handle(c, params) {
    const seen = await seeProject(c, c.var.caller, params.id);
    const invitation = await inviteGroup(c, seenProject(seen), params);
    return c.json(renderShareLink(invitation, seen.project.id), 201);
  },
});

/** DELETE /projects/:id/share/:group_id: takes that role away again. */
export const unshareProject = operation({
  method: "DELETE",
  path: "/projects/:id/share/:group_id",
  summary: "Take the invitation of a group to a project back",
  tags: ["provisioning"],
  caller: "user",
  params: WithdrawalParams,
  answers: { 204: { description: "Taken back" } },
  faults: [404, 405, 412],
  async handle(c, params) {
    return withdrawInvitation(c, await projectSource.see(c, c.var.caller, params.id), params.group_id);
  },
});
