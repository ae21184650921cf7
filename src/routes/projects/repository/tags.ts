import * as v from "valibot";
import { findTag, listTags } from "../../../db/ref-list.ts";
import { ruleBookOf } from "../../../domain/access/refs/protection.ts";
import { notFound } from "../../../domain/fault.ts";
import { oneOf, optional, text } from "../../../http/fields.ts";
import { operation } from "../../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../../http/pagination.ts";
import { renderTag, Tag } from "../../entities/git-ref.ts";
import { refAddress, seeCode } from "./see-code.ts";

const declared = { method: "GET", tags: ["provisioning"], caller: "anyone" } as const;

/**
 * GET /projects/:id/repository/tags, as the last processed push left them (contract push 12). Of a tag only the name is
 * known, so that is what every order sorts by; descending, as GitLab does, where nothing is said.
 */
export const findTags = operation({
  ...declared,
  path: "/projects/:id/repository/tags",
  summary: "The tags of a project",
  params: v.object({
    id: text(),
    search: optional(text()),
    order_by: optional(oneOf(["name", "updated", "version"])),
    sort: optional(oneOf(["asc", "desc"])),
    ...pageFields,
  }),
  answers: { 200: { description: "The tags", schema: v.array(Tag) } },
  faults: [301, 403, 404, 405],
  async handle(c, params) {
    const { at } = await seeCode(c, c.var.caller, params.id);
    const page = pageOf(params);
    const filter = { search: params.search, isDescending: params.sort !== "asc" };
    const { rows, total, tagRules } = await listTags(c.var.db, at, filter, page);
    const rules = ruleBookOf(tagRules);
    const tags = rows.map((ref) => renderTag(ref, rules.matching(ref.name).length > 0));
    return respondPage(c, tags, page, total);
  },
});

/** GET /projects/:id/repository/tags/:name */
export const showTag = operation({
  ...declared,
  path: "/projects/:id/repository/tags/:name",
  summary: "A tag of a project",
  params: v.object(refAddress),
  answers: { 200: { description: "The tag", schema: Tag } },
  faults: [301, 403, 404],
  async handle(c, params) {
    const { at } = await seeCode(c, c.var.caller, params.id);
    const found = await findTag(c.var.db, at, params.name);
    if (found === null) throw notFound("Tag");
    return c.json(renderTag(found.ref, ruleBookOf(found.tagRules).matching(found.ref.name).length > 0));
  },
});
