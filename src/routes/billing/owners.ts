import * as v from "valibot";
import { listOwners } from "../../db/namespace-owners.ts";
import { findNamespace } from "../../db/project-records.ts";
import { notFound } from "../../domain/fault.ts";
import { dayOf } from "../../domain/identity/access-level.ts";
import type { AppContext } from "../../http/context.ts";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";

const Owner = v.object({
  user: v.object({ id: v.number(), username: v.string(), name: v.string(), public_email: v.nullable(v.string()) }),
  access_level: v.number(),
  notification_email: v.string(),
});

/** GET …/namespaces/:id/owners: whom the portal writes to about a group (contract customers 10). */
const findOwners = operation({
  method: "GET",
  path: "/internal/gitlab_subscriptions/namespaces/:id/owners",
  summary: "The owners of a group",
  tags: ["customers"],
  caller: "portal",
  params: v.object({ id: text(), ...pageFields }),
  answers: { 200: { description: "The active users who are owners of the group itself", schema: v.array(Owner) } },
  faults: [404, 405],
  refuseFirst: (c, path) => findGroup(c, path["id"] ?? ""),
  async handle(c, params) {
    const group = await findGroup(c, params.id);
    const page = pageOf(params);
    const { rows, total } = await listOwners(c.var.db, group.id, dayOf(c.var.now), page);
    const owners = rows.map(({ id, username, name, publicEmail, accessLevel, email }): v.InferOutput<typeof Owner> => ({
      user: { id, username, name, public_email: publicEmail },
      access_level: accessLevel,
      notification_email: email,
    }));
    return respondPage(c, owners, page, total);
  },
});

async function findGroup(c: AppContext, idOrPath: string): Promise<{ id: number }> {
  const record = await findNamespace(c.var.db, idOrPath);
  if (record === null || record.namespace.kind !== "group") throw notFound("Group Namespace");
  return record.namespace;
}

export const owners = [findOwners];
