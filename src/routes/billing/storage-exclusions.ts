import * as v from "valibot";
import {
  createStorageExclusion,
  deleteStorageExclusion,
  listStorageExclusions,
  type StorageExclusion,
} from "../../db/storage-exclusions.ts";
import { badRequest, invalid, notFound } from "../../domain/fault.ts";
import { storableText } from "../../domain/text.ts";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";
import { ledgerActor } from "./ledger-actor.ts";
import { findBilledNamespace } from "./place.ts";

const Exclusion = v.object({ id: v.number(), namespace_id: v.number(), namespace_name: v.string(), reason: v.string() });

const declared = { tags: ["customers"], caller: "billing" } as const;
const path = "/namespaces/:id/storage/limit_exclusion";

const longestReason = 255;

/** POST …/storage/limit_exclusion: the storage of a top-level namespace is not limited from now on (contract customers 9.3). */
const addExclusion = operation({
  ...declared,
  method: "POST",
  path,
  summary: "Exclude a namespace from the limit of storage",
  params: v.object({ id: text(), reason: text() }),
  answers: { 201: { description: "The exclusion", schema: Exclusion } },
  faults: [404],
  refuseFirst: (c, named) => findBilledNamespace(c, named["id"] ?? ""),
  async handle(c, params) {
    const { db, now, caller } = c.var;
    const { namespace } = await findBilledNamespace(c, params.id);
    if (namespace.parentId !== null) throw badRequest("must use a root namespace");
    const reason = storableText(params.reason);
    refuseReason(reason);
    const id = await createStorageExclusion(db, { namespaceId: namespace.id, reason }, { actor: ledgerActor(caller), now });
    if (id === "excluded") throw badRequest("already excluded");
    if (id === "gone") throw notFound("Namespace");
    return c.json(render({ id, namespaceId: namespace.id, namespaceName: namespace.name, reason }), 201);
  },
});

function refuseReason(reason: string): void {
  if (reason.trim() === "") throw invalid({ reason: ["can't be blank"] });
  if (reason.length > longestReason) throw invalid({ reason: [`is too long (maximum is ${longestReason} characters)`] });
}

/** DELETE …/storage/limit_exclusion: it is limited again. */
const removeExclusion = operation({
  ...declared,
  method: "DELETE",
  path,
  summary: "End the exclusion of a namespace from the limit of storage",
  params: v.object({ id: text() }),
  answers: { 204: { description: "Ended" } },
  faults: [404],
  async handle(c, params) {
    const { db, now, caller } = c.var;
    const { namespace } = await findBilledNamespace(c, params.id);
    const isEnded = await deleteStorageExclusion(db, namespace.id, { actor: ledgerActor(caller), now });
    if (!isEnded) throw badRequest("not excluded");
    return c.body(null, 204);
  },
});

/** GET /namespaces/storage/limit_exclusions */
const findExclusions = operation({
  ...declared,
  method: "GET",
  path: "/namespaces/storage/limit_exclusions",
  summary: "The namespaces that are excluded from the limit of storage",
  params: v.object(pageFields),
  answers: { 200: { description: "The exclusions, oldest first", schema: v.array(Exclusion) } },
  faults: [405],
  async handle(c, params) {
    const page = pageOf(params);
    const { rows, total } = await listStorageExclusions(c.var.db, page);
    return respondPage(c, rows.map(render), page, total);
  },
});

function render({ id, namespaceId, namespaceName, reason }: StorageExclusion): v.InferOutput<typeof Exclusion> {
  return { id, namespace_id: namespaceId, namespace_name: namespaceName, reason };
}

export const storageExclusions = [findExclusions, addExclusion, removeExclusion];
