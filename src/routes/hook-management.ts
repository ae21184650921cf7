import * as v from "valibot";
import { createHook, deleteHook, listHooks, type HookRow } from "../db/hooks.ts";
import { notFound, rowNotFound, unprocessableFields } from "../domain/fault.ts";
import { mostHooks } from "../domain/hooks/events.ts";
import { changeSecrets } from "../domain/hooks/secrets.ts";
import { atLeastOneOf, optional, text } from "../http/fields.ts";
import { operation, type Operation, type OperationContext } from "../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../http/pagination.ts";
import { requireUnmodified } from "../http/preconditions.ts";
import { deletedMeanwhile } from "./deleted-meanwhile.ts";
import { hookEntities, renderHook } from "./entities/hook.ts";
import { changeHook, readSecrets, sealLegalSecrets } from "./hook-changes.ts";
import { changesSecrets, hookFields, secretsIn, valuesIn } from "./hook-params.ts";
import { manageHook, type HookSource } from "./hook-source.ts";

const owners = { project: "a project", group: "a group", system: "the instance" } as const;

/** GET …/hooks: for maintainers of the project, owners of the group, administrators; as all calls of this file. */
export function findHooks(source: HookSource): Operation {
  return operation({
    method: "GET",
    path: `${source.path}/hooks`,
    summary: `The web hooks of ${owners[source.kind]}`,
    tags: ["provisioning"],
    caller: "user",
    ...source.requires,
    params: v.object({ ...source.segments, ...pageFields }),
    answers: { 200: { description: "A page of hooks", schema: v.array(hookEntities[source.kind]) } },
    faults: source.faults.read,
    async handle(c, params) {
      const page = pageOf(params);
      const { rows, total } = await listHooks(c.var.db, await source.manage(c), page);
      return respondPage(c, await Promise.all(rows.map((hook) => render(c, hook))), page, total);
    },
  });
}

/** GET …/hooks/:hook_id */
export function showHook(source: HookSource): Operation {
  return operation({
    method: "GET",
    path: `${source.path}/hooks/:hook_id`,
    summary: `A web hook of ${owners[source.kind]}`,
    tags: ["provisioning"],
    caller: "user",
    ...source.requires,
    params: v.object({ ...source.segments, hook_id: text() }),
    answers: { 200: { description: "The hook", schema: hookEntities[source.kind] } },
    faults: source.faults.read,
    async handle(c) {
      const { hook } = await manageHook(c, source);
      return c.json(await render(c, hook));
    },
  });
}

/** POST …/hooks: 422 for an address that no request may go to (contract provisioning 13). */
export function addHook(source: HookSource): Operation {
  return operation({
    method: "POST",
    path: `${source.path}/hooks`,
    summary: `Have a web hook of ${owners[source.kind]} called`,
    tags: ["provisioning"],
    caller: "user",
    ...source.requires,
    params: v.object({ ...source.segments, url: text(), ...hookFields(source.kind) }),
    answers: { 201: { description: "The hook", schema: hookEntities[source.kind] } },
    faults: [...source.faults.write, 409, 422],
    async handle(c, params) {
      const place = await source.manage(c);
      const values = await valuesIn(source.kind, params, null);
      const secrets = changeSecrets(null, secretsIn(params));
      const sealed = await sealLegalSecrets(c, secrets);
      const limit = mostHooks[source.kind];
      const hook = await orDeletedMeanwhile(createHook(c.var.db, place, { ...values, sealed }, limit, c.var.now));
      if (hook === null) throw unprocessableFields({ base: [`Maximum number of ${source.kind} hooks (${limit}) exceeded`] });
      return c.json(renderHook(hook, secrets, c.var.now), 201);
    },
  });
}

/** PUT …/hooks/:hook_id: a changed `url` drops the token that is not sent along. */
export function changeHookOf(source: HookSource): Operation {
  const fields = { url: optional(text()), ...hookFields(source.kind) };
  return operation({
    method: "PUT",
    path: `${source.path}/hooks/:hook_id`,
    summary: `Change a web hook of ${owners[source.kind]}`,
    tags: ["provisioning"],
    caller: "user",
    ...source.requires,
    params: v.pipe(v.object({ ...source.segments, hook_id: text(), ...fields }), atLeastOneOf(Object.keys(fields))),
    answers: { 200: { description: "The hook", schema: hookEntities[source.kind] } },
    faults: [...source.faults.write, 409, 422],
    async handle(c, params) {
      const managed = await manageHook(c, source);
      const change = secretsIn(params);
      const { hook, secrets } = await changeHook(c, managed, async (old, oldSecrets) => ({
        values: await valuesIn(source.kind, params, old),
        secrets: changesSecrets(change) ? changeSecrets(oldSecrets, change) : null,
      }));
      return c.json(renderHook(hook, secrets, c.var.now));
    },
  });
}

/** DELETE …/hooks/:hook_id: 404 where it is gone already. */
export function removeHook(source: HookSource): Operation {
  return operation({
    method: "DELETE",
    path: `${source.path}/hooks/:hook_id`,
    summary: `Have a web hook of ${owners[source.kind]} not called any more`,
    tags: ["provisioning"],
    caller: "user",
    ...source.requires,
    params: v.object({ ...source.segments, hook_id: text() }),
    answers: { 204: { description: "Deleted" } },
    faults: [...source.faults.write, 412],
    async handle(c) {
      const { hook } = await manageHook(c, source);
      requireUnmodified(c, hook.updatedAt);
      if (!(await deleteHook(c.var.db, hook.id))) throw rowNotFound();
      return c.body(null, 204);
    },
  });
}

/** DELETE …/hooks, of no hook in particular: 404, where other wrong verbs are told 405 (contract provisioning 13). */
export function removeNoHook(source: HookSource): Operation {
  return operation({
    method: "DELETE",
    path: `${source.path}/hooks`,
    summary: "Names no web hook: deletes nothing",
    tags: ["provisioning"],
    caller: "user",
    ...source.requires,
    params: v.object({ ...source.segments }),
    answers: { 404: { description: "Not found" } },
    handle() {
      throw notFound();
    },
  });
}

async function render(c: OperationContext<"user">, hook: HookRow): Promise<Record<string, unknown>> {
  return renderHook(hook, await readSecrets(c, hook), c.var.now);
}

async function orDeletedMeanwhile<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    throw deletedMeanwhile(error);
  }
}
