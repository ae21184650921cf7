import * as v from "valibot";
import { createPublicDeployKey, listInstanceDeployKeys, shownProjects } from "../db/instance-deploy-keys.ts";
import { invalid } from "../domain/fault.ts";
import { checkKey, keyTaken } from "../domain/identity/key-checks.ts";
import { boolean, instant, optional, text } from "../http/fields.ts";
import { operation } from "../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../http/pagination.ts";
import { DeployKeyWithProjects, DeployKeyWithUsage, renderDeployKeyWithProjects, renderDeployKeyWithUsage } from "./entities/deploy-key.ts";
import { unlessTaken, withTaken } from "./taken-key.ts";

/**
 * GET /deploy_keys, for administrators: all there are, or the public ones (contract provisioning 6.3). Of a key that is on
 * more projects than are shown here, `GET /keys?fingerprint=` names all.
 */
export const findInstanceDeployKeys = operation({
  method: "GET",
  path: "/deploy_keys",
  summary: "The deploy keys of the instance, with their projects",
  tags: ["provisioning"],
  caller: "user",
  requires: "admin",
  params: v.object({ public: optional(boolean()), ...pageFields }),
  answers: { 200: { description: `The deploy keys, each with at most ${shownProjects} projects`, schema: v.array(DeployKeyWithProjects) } },
  faults: [405],
  async handle(c, params) {
    const page = pageOf(params);
    const { rows, total } = await listInstanceDeployKeys(c.var.db, { isPublic: params.public ?? false }, page);
    const rendered = rows.map((row) => renderDeployKeyWithProjects(row));
    return respondPage(c, rendered, page, total);
  },
});

/** POST /deploy_keys, for administrators: a public deploy key, which every project's maintainers may enable. */
export const addInstanceDeployKey = operation({
  method: "POST",
  path: "/deploy_keys",
  summary: "Register a public deploy key",
  tags: ["provisioning"],
  caller: "user",
  requires: "admin",
  params: v.object({ title: text(), key: text(), expires_at: optional(instant()) }),
  answers: { 201: { description: "The deploy key", schema: DeployKeyWithUsage } },
  faults: [409],
  async handle(c, params) {
    const { db, caller, now } = c.var;
    const { title, key: line, expires_at: expiresAt = null } = params;
    const checked = checkKey(line, title, expiresAt, caller.settings, now);
    if ("errors" in checked) throw invalid(await withTaken(db, line, checked.errors));
    const created = { ...checked.key, title, expiresAt, userId: caller.user.id, createdAt: now, updatedAt: now };
    const key = await unlessTaken(createPublicDeployKey(db, created));
    if (key === null) throw invalid(keyTaken);
    return c.json(renderDeployKeyWithUsage({ key, projects: [] }), 201);
  },
});
