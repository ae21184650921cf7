import { AccessLevel } from "../../domain/identity/access-level.ts";
import { operation } from "../../http/operation.ts";
import { addMembers, MembershipAnswer, MembershipParams } from "../membership.ts";
import { requireLevel, seeProject } from "../places.ts";

/** POST /projects/:id/members: makes users members of a project; its maintainers may (contract provisioning 8). */
export const addProjectMember = operation({
  method: "POST",
  path: "/projects/:id/members",
  summary: "Make a user, or several, members of a project",
  tags: ["provisioning"],
  caller: "user",
  params: MembershipParams,
  answers: { 201: { description: "The membership", schema: MembershipAnswer } },
  faults: [404, 405, 409],
  async handle(c, params) {
    const { caller } = c.var;
    const { project, viewer } = await seeProject(c, caller, params.id);
    requireLevel({ viewer }, AccessLevel.maintainer);
    const place = { projectId: project.id };
    return addMembers(c, caller, { kind: "project", place, inNamespaceId: project.namespaceId, viewer }, params);
  },
});
