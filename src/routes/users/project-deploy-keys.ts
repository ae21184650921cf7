import * as v from "valibot";
import { listCommonDeployKeys } from "../../db/common-deploy-keys.ts";
import { forbidden } from "../../domain/fault.ts";
import { dayOf } from "../../domain/identity/access-level.ts";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";
import { DeployKeyBasic, renderDeployKeyBasic } from "../entities/deploy-key.ts";
import { findNamed } from "./find.ts";
import { userReadScopes } from "./params.ts";

/**
 * GET /users/:id/project_deploy_keys: the deploy keys of the projects that both the user and the caller maintain;
 * administrators pass for a maintainer of each. 403 where there is no such project (contract provisioning 6.3).
 */
export const findProjectDeployKeys = operation({
  method: "GET",
  path: "/users/:id/project_deploy_keys",
  summary: "The deploy keys of the projects that a user and the caller have in common",
  tags: ["provisioning"],
  caller: "user",
  scopes: userReadScopes,
  params: v.object({ id: text(), ...pageFields }),
  answers: { 200: { description: "The deploy keys", schema: v.array(DeployKeyBasic) } },
  faults: [404, 405],
  async handle(c, params) {
    const { db, caller, now } = c.var;
    const user = await findNamed(db, params.id);
    const page = pageOf(params);
    const isAlone = caller.isAdmin || caller.user.id === user.id;
    const users = { userId: user.id, otherUserId: isAlone ? null : caller.user.id };
    const { rows, total, haveCommonProject } = await listCommonDeployKeys(db, users, dayOf(now), page);
    if (!haveCommonProject) throw forbidden("No common authorized project found");
    const rendered = rows.map((key) => renderDeployKeyBasic(key));
    return respondPage(c, rendered, page, total);
  },
});
