import * as v from "valibot";
import { listMembers } from "../../db/member-list.ts";
import { externalUrl } from "../../http/context.ts";
import { optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";
import { renderUserBasic, UserBasic } from "../entities/user.ts";
import { membersOf } from "../member-lists.ts";
import { projectSource } from "../member-source.ts";

/** GET /projects/:id/users: everybody who has a role in a project, from wherever it comes (contract provisioning 9.1). */
export const findProjectUsers = operation({
  method: "GET",
  path: "/projects/:id/users",
  summary: "The users of a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text(), search: optional(text()), ...pageFields }),
  answers: { 200: { description: "The users", schema: v.array(UserBasic) } },
  faults: [301, 404, 405],
  async handle(c, params) {
    const seen = await projectSource.see(c, c.var.caller, params.id);
    const page = pageOf(params);
    const filter = { query: params.search, excludesAwaiting: true };
    const { rows, total } = await listMembers(c.var.db, membersOf(c, seen, true), filter, page);
    const base = externalUrl(c);
    return respondPage(
      c,
      rows.map(({ user }) => renderUserBasic(user, base)),
      page,
      total,
    );
  },
});
