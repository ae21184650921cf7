import * as v from "valibot";
import type { Db } from "../../db/client.ts";
import {
  createDeployKey,
  findDeployKey,
  findDeployKeyToRename,
  listDeployKeys,
  removeDeployKey,
  updateDeployKey,
  type DeployKeyPlace,
  type StoredDeployKey,
} from "../../db/deploy-keys.ts";
import { invalid, notFound, rowNotFound } from "../../domain/fault.ts";
import { AccessLevel, dayOf } from "../../domain/identity/access-level.ts";
import { checkKey, errorsOfTitle, keyTaken, readKey } from "../../domain/identity/key-checks.ts";
import { parseRowId } from "../../domain/identity/row-id.ts";
import { boolean, instant, optional, text } from "../../http/fields.ts";
import { operation, type OperationContext } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";
import { requireUnmodified } from "../../http/preconditions.ts";
import { DeployKey, renderDeployKey } from "../entities/deploy-key.ts";
import { requireLevel, seeProject } from "../places.ts";
import { unlessTaken } from "../taken-key.ts";
import { enableRegistered } from "./deploy-key-enabling.ts";

const keyFields = { id: text(), key_id: text() };

/** GET /projects/:id/deploy_keys, for maintainers, as all calls of this file (contract provisioning 6.3). */
export const findDeployKeys = operation({
  method: "GET",
  path: "/projects/:id/deploy_keys",
  summary: "The deploy keys of a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text(), ...pageFields }),
  answers: { 200: { description: "The deploy keys", schema: v.array(DeployKey) } },
  faults: [301, 404, 405],
  async handle(c, params) {
    const seen = await seeProject(c, c.var.caller, params.id);
    requireLevel(seen, AccessLevel.maintainer);
    const page = pageOf(params);
    const { rows, total } = await listDeployKeys(c.var.db, seen.project.id, page);
    const rendered = rows.map((row) => renderDeployKey(row));
    return respondPage(c, rendered, page, total);
  },
});

/**
 * POST /projects/:id/deploy_keys: registers a deploy key, or enables one that the caller may know of from another
 * project: it is new here all the same, and checked like any other. A key that is enabled here already is answered as it
 * is, so that asking twice does nothing (contract provisioning 6.3).
 */
export const addDeployKey = operation({
  method: "POST",
  path: "/projects/:id/deploy_keys",
  summary: "Register a deploy key and enable it on a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({
    id: text(),
    title: text(),
    key: text(),
    can_push: optional(boolean()),
    expires_at: optional(instant()),
  }),
  answers: { 201: { description: "The deploy key", schema: DeployKey } },
  faults: [404, 405, 409],
  async handle(c, params) {
    const { caller, db, now } = c.var;
    const { project, viewer } = await seeProject(c, caller, params.id);
    requireLevel({ viewer }, AccessLevel.maintainer);
    const { title, key: line, can_push: canPush = false, expires_at: expiresAt = null } = params;
    const checked = checkKey(line, title, expiresAt, caller.settings, now);
    if ("errors" in checked) {
      const here = await findByLine(db, project.id, line);
      if (here === null) throw invalid(checked.errors);
      return c.json(renderDeployKey(here), 201);
    }
    const created = { ...checked.key, title, expiresAt, userId: caller.user.id };
    const place = { projectId: project.id, canPush };
    const enabled =
      (await unlessTaken(createDeployKey(db, created, place))) ??
      (await enableRegistered(c, { sha256: created.fingerprintSha256 }, place, "sight"));
    if (enabled === null) throw invalid(keyTaken);
    return c.json(renderDeployKey(enabled), 201);
  },
});

/** GET /projects/:id/deploy_keys/:key_id */
export const showDeployKey = operation({
  method: "GET",
  path: "/projects/:id/deploy_keys/:key_id",
  summary: "A deploy key of a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.object(keyFields),
  answers: { 200: { description: "The deploy key", schema: DeployKey } },
  faults: [301, 404],
  async handle(c, params) {
    const seen = await seeProject(c, c.var.caller, params.id);
    requireLevel(seen, AccessLevel.maintainer);
    const found = await findBySegment(c.var.db, seen.project.id, params.key_id);
    if (found === null) throw rowNotFound();
    return c.json(renderDeployKey(found));
  },
});

/**
 * PUT /projects/:id/deploy_keys/:key_id: its title, and whether it may push here. A key has one title on all its projects:
 * from somebody who does not maintain them all it is ignored, as that of a public key is from all but administrators.
 * Otherwise a guest of a project could rename its keys by enabling them on a project of their own.
 */
export const editDeployKey = operation({
  method: "PUT",
  path: "/projects/:id/deploy_keys/:key_id",
  summary: "Change a deploy key of a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.pipe(
    v.object({ ...keyFields, title: optional(text()), can_push: optional(boolean()) }),
    v.check(
      (params) => params.title !== undefined || params.can_push !== undefined,
      "title, can_push are missing, at least one parameter must be provided",
    ),
  ),
  answers: { 200: { description: "The deploy key", schema: DeployKey } },
  faults: [404, 405],
  async handle(c, params) {
    const { caller, db, now } = c.var;
    const seen = await seeProject(c, caller, params.id);
    requireLevel(seen, AccessLevel.maintainer);
    const keyId = parseRowId(params.key_id);
    if (keyId === null) throw rowNotFound();
    const place = { projectId: seen.project.id, keyId };
    const title = await permittedTitle(c, place, params.title);
    const errors = title === undefined ? {} : errorsOfTitle(title);
    if (Object.keys(errors).length > 0) throw invalid(errors);
    const updated = await updateDeployKey(db, place, { title, canPush: params.can_push }, now);
    if (updated === null) throw rowNotFound();
    return c.json(renderDeployKey(updated));
  },
});

/** The title that the caller may give to the key; 404 where it is not on the project. */
async function permittedTitle(c: OperationContext<"user">, place: DeployKeyPlace, title: string | undefined) {
  const { caller, db, now } = c.var;
  if (title === undefined) return undefined;
  const found = await findDeployKeyToRename(db, place, caller.user.id, dayOf(now));
  if (found === null) throw rowNotFound();
  return caller.isAdmin || (found.isMaintained && !found.key.isPublic) ? title : undefined;
}

/**
 * DELETE /projects/:id/deploy_keys/:key_id: takes the key from the project. A key that is on no project any more is
 * deleted, unless it is public.
 */
export const disableDeployKey = operation({
  method: "DELETE",
  path: "/projects/:id/deploy_keys/:key_id",
  summary: "Take a deploy key from a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.object(keyFields),
  answers: { 204: { description: "Taken away" } },
  faults: [404, 405, 412],
  async handle(c, params) {
    const { caller, db } = c.var;
    const seen = await seeProject(c, caller, params.id);
    requireLevel(seen, AccessLevel.maintainer);
    const found = await findBySegment(db, seen.project.id, params.key_id);
    if (found === null) throw notFound("Deploy Key");
    requireUnmodified(c, found.changedAt);
    if (!(await removeDeployKey(db, { projectId: seen.project.id, keyId: found.key.id }))) throw notFound("Deploy Key");
    return c.body(null, 204);
  },
});

async function findBySegment(db: Db, projectId: number, segment: string): Promise<StoredDeployKey | null> {
  const id = parseRowId(segment);
  return id === null ? null : findDeployKey(db, projectId, { id });
}

async function findByLine(db: Db, projectId: number, line: string): Promise<StoredDeployKey | null> {
  const read = readKey(line);
  return "errors" in read ? null : findDeployKey(db, projectId, { sha256: read.key.fingerprintSha256 });
}
