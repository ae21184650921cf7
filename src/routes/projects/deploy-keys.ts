import * as v from "valibot";
import type { UserCaller } from "../../auth/personal-access-token.ts";
import { isUniqueViolation } from "../../db/constraint.ts";
import {
  createDeployKey,
  enableDeployKey,
  findDeployKey,
  findRegisteredKey,
  type EnabledDeployKey,
  type NewDeployKey,
  type RegisteredKey,
} from "../../db/deploy-keys.ts";
import { canSee } from "../../domain/access/visibility.ts";
import { invalid, rowNotFound } from "../../domain/fault.ts";
import { AccessLevel } from "../../domain/identity/access-level.ts";
import { checkKey, keyTaken, readKey } from "../../domain/identity/key-checks.ts";
import { parseRowId } from "../../domain/identity/row-id.ts";
import { boolean, instant, optional, text } from "../../http/fields.ts";
import { operation, type OperationContext } from "../../http/operation.ts";
import { deletedMeanwhile } from "../deleted-meanwhile.ts";
import { DeployKey, renderDeployKey } from "../entities/deploy-key.ts";
import { requireLevel, seeProject, viewerOf, type SeenProject } from "../places.ts";

/** GET /projects/:id/deploy_keys/:key_id, for maintainers (contract provisioning 6.3). */
export const showDeployKey = operation({
  method: "GET",
  path: "/projects/:id/deploy_keys/:key_id",
  summary: "A deploy key of a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text(), key_id: text() }),
  answers: { 200: { description: "The deploy key", schema: DeployKey } },
  faults: [301, 404],
  async handle(c, params) {
    const seen = await seeProject(c, c.var.caller, params.id);
    requireLevel(seen, AccessLevel.maintainer);
    const id = parseRowId(params.key_id);
    const found = id === null ? null : await findDeployKey(c.var.db, seen.project.id, id);
    if (found === null) throw rowNotFound();
    return c.json(renderDeployKey(found));
  },
});

/**
 * POST /projects/:id/deploy_keys: registers a deploy key, or enables one that the caller may know of from another
 * project. A key that is enabled here already is answered as it is, so that asking twice does nothing (contract
 * provisioning 6.3).
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
    const { caller, now } = c.var;
    const seen = await seeProject(c, caller, params.id);
    requireLevel(seen, AccessLevel.maintainer);
    const expiresAt = params.expires_at ?? null;
    const checked = checkKey(params.key, params.title, expiresAt, caller.settings, now);
    const canPush = params.can_push ?? false;
    if ("key" in checked) {
      const created = await createUnlessRegistered(c, seen, { ...checked.key, title: params.title, expiresAt }, canPush);
      if (created !== null) return c.json(renderDeployKey(created), 201);
    }
    const registered = await reuse(c, seen, params.key, canPush);
    if (registered !== null) return c.json(renderDeployKey(registered), 201);
    throw invalid("errors" in checked ? checked.errors : keyTaken);
  },
});

type Context = OperationContext<"user">;

/** Null where somebody registered the key before, or does at this moment. */
async function createUnlessRegistered(c: Context, { project }: SeenProject, key: NewDeployKey, canPush: boolean) {
  const { caller, db } = c.var;
  try {
    return await createDeployKey(db, { ...key, userId: caller.user.id }, { projectId: project.id, canPush });
  } catch (error) {
    if (isUniqueViolation(error, "keys.fingerprint_sha256")) return null;
    throw deletedMeanwhile(error);
  }
}

/** The deploy key of this line that is enabled here already, or may be; null where the line is none of those. */
async function reuse(c: Context, { project }: SeenProject, line: string, canPush: boolean): Promise<EnabledDeployKey | null> {
  const { caller, db, now } = c.var;
  const read = readKey(line);
  if ("errors" in read) return null;
  const registered = await findRegisteredKey(db, read.key.fingerprintSha256, { projectId: project.id, userId: caller.user.id });
  if (registered === null || registered.key.kind !== "deploy") return null;
  const { key } = registered;
  if (registered.canPush !== null) return { key, canPush: registered.canPush };
  if (!mayKnow(registered, caller, now)) return null;
  try {
    return { key, canPush: await enableDeployKey(db, key.id, { projectId: project.id, canPush }) };
  } catch (error) {
    throw deletedMeanwhile(error);
  }
}

/** A deploy key opens every project that it is enabled on, so nobody enables one that they could not see anywhere. */
function mayKnow(registered: RegisteredKey, caller: UserCaller, now: Date): boolean {
  if (caller.isAdmin || registered.key.isPublic) return true;
  return registered.projects.some((project) =>
    canSee(project.visibility, viewerOf(caller, project.memberships, project.namespaceOwnerId, now)),
  );
}
