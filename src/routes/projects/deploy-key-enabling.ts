import * as v from "valibot";
import { enableDeployKey as enable, type EnabledDeployKey } from "../../db/deploy-keys.ts";
import type { KeyName } from "../../db/keys.ts";
import { findRegisteredDeployKey, type KeyOpening } from "../../db/registered-deploy-keys.ts";
import { notFound } from "../../domain/fault.ts";
import { AccessLevel, dayOf } from "../../domain/identity/access-level.ts";
import { parseRowId } from "../../domain/identity/row-id.ts";
import { text } from "../../http/fields.ts";
import { operation, type OperationContext } from "../../http/operation.ts";
import { deletedMeanwhile } from "../deleted-meanwhile.ts";
import { DeployKey, renderDeployKey } from "../entities/deploy-key.ts";
import { requireLevel, seeProject } from "../places.ts";

/**
 * POST /projects/:id/deploy_keys/:key_id/enable: enables a deploy key that is public, or on a project of the caller's.
 * It may not push here before it is allowed to; where it is enabled already, it stays as it is (contract provisioning
 * 6.3).
 */
export const enableDeployKey = operation({
  method: "POST",
  path: "/projects/:id/deploy_keys/:key_id/enable",
  summary: "Enable a deploy key on a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text(), key_id: text() }),
  answers: { 201: { description: "The deploy key", schema: DeployKey } },
  faults: [404, 405, 409],
  async handle(c, params) {
    const seen = await seeProject(c, c.var.caller, params.id);
    requireLevel(seen, AccessLevel.maintainer);
    const id = parseRowId(params.key_id);
    const place = { projectId: seen.project.id, canPush: false };
    // Whoever only counts numbers enables keys of projects they are in: not those of everything that is public.
    const enabled = id === null ? null : await enableRegistered(c, { id }, place, "role");
    if (enabled === null) throw notFound("Deploy Key");
    return c.json(renderDeployKey(enabled), 201);
  },
});

/** The deploy key as it is enabled on the project, or is by this; null where it is no deploy key, or not open to the caller. */
export async function enableRegistered(
  c: OperationContext<"user">,
  name: KeyName,
  on: { projectId: number; canPush: boolean },
  opening: KeyOpening,
): Promise<EnabledDeployKey | null> {
  const { caller, db, now } = c.var;
  const request = { reader: caller, today: dayOf(now), projectId: on.projectId, opening };
  const registered = await findRegisteredDeployKey(db, name, request);
  if (registered === null) return null;
  const { key, enabled, isOpen } = registered;
  if (enabled !== null || !isOpen) return enabled;
  try {
    return { key, canPush: await enable(db, key.id, on) };
  } catch (error) {
    throw deletedMeanwhile(error);
  }
}
