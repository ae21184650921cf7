import * as v from "valibot";
import { addPacks, listPacks, movePacks } from "../../db/minutes-packs.ts";
import { findNamespace } from "../../db/project-records.ts";
import { firstOfEachPurchase, minutesBalance, packsToSave, type MinutesPack, type SentPack } from "../../domain/billing/minutes.ts";
import { badRequest, notFound } from "../../domain/fault.ts";
import { dayOf } from "../../domain/identity/access-level.ts";
import { isJsonObject } from "../../domain/json-object.ts";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { Accepted, accepted } from "../entities/accepted.ts";
import { nullableDate, nullableInteger, nullableText } from "./fields.ts";
import { ledgerActor } from "./ledger-actor.ts";
import { alwaysReading, objectList } from "./object-list.ts";
import { findBilledNamespace } from "./place.ts";
import { findReadableNamespace } from "./readable-place.ts";

const packFields = { number_of_minutes: nullableInteger(), expires_at: nullableDate(), purchase_xid: nullableText() };

const Either = v.object({ id: text(), ...v.partial(v.object({ packs: objectList(packFields), ...packFields })).entries });
const Several = v.object({ id: text(), packs: objectList(packFields) });
const One = v.object({ id: text(), ...packFields });

/** Packs, or where there are none and a number of minutes is, the one pack that the parameters themselves are (contract customers 6.1). */
const Purchase: v.GenericSchema<v.InferInput<typeof Either>, v.InferOutput<typeof Either>> = {
  ...Either,
  "~run": (dataset, config) => (isOnePack(dataset.value) ? One : alwaysReading("packs", Several))["~run"](dataset, config),
};

function isOnePack(params: unknown): boolean {
  return isJsonObject(params) && (params["packs"] ?? null) === null && params["number_of_minutes"] !== undefined;
}

const Pack = v.object({ namespace_id: v.number(), expires_at: v.string(), number_of_minutes: v.number(), purchase_xid: v.string() });
const Minutes = v.object({ namespace_id: v.number(), balance: v.number(), packs: v.array(Pack) });

function renderPack(namespaceId: number, pack: MinutesPack): v.InferOutput<typeof Pack> {
  return {
    namespace_id: namespaceId,
    expires_at: pack.expiresAt,
    number_of_minutes: pack.numberOfMinutes,
    purchase_xid: pack.purchaseXid,
  };
}

const toSentPack = (sent: Omit<v.InferOutput<typeof Either>, "id" | "packs">): SentPack => ({
  numberOfMinutes: sent.number_of_minutes ?? null,
  expiresAt: sent.expires_at ?? null,
  purchaseXid: sent.purchase_xid ?? null,
});

/** Where an operation is, and who may call it there. */
interface Mount<Caller extends "billing" | "billingReader" | "portal"> {
  prefix: string;
  caller: Caller;
}

/** Ten thousand packs, however they are written. */
const limitBytes = 4 * 1024 * 1024;

/**
 * POST /namespaces/:id/minutes: packs that were bought. A purchase is counted once, however often it is sent: one that is
 * there is answered as it is stored. All of a request or, with 400, nothing of it is stored (contract customers 6.1).
 */
const addMinutes = ({ prefix, caller }: Mount<"billing" | "portal">) =>
  operation({
    method: "POST",
    path: `${prefix}/namespaces/:id/minutes`,
    summary: "Add packs of compute minutes",
    tags: ["customers"],
    caller,
    limitBytes,
    params: Purchase,
    answers: {
      201: { description: "The packs in the order of the request, or the one that was sent", schema: v.union([v.array(Pack), Pack]) },
    },
    faults: [404],
    async handle(c, params) {
      const { namespace } = await findBilledNamespace(c, params.id);
      const isOne = params.packs === undefined;
      const unsavable = badRequest(`Unable to save additional ${isOne ? "pack" : "packs"}`);
      const packs = packsToSave((params.packs ?? [params]).map(toSentPack));
      if (packs === null) throw unsavable;
      const recording = { actor: ledgerActor(c.var.caller), now: c.var.now };
      const stored = await addPacks(c.var.db, namespace.id, firstOfEachPurchase(packs), recording);
      if (stored === "namespace") throw notFound("Namespace");
      if (stored === "taken") throw unsavable;
      const shown = packs.map((pack) => renderPack(namespace.id, stored.get(pack.purchaseXid) ?? pack));
      return c.json(isOne ? shown[0] : shown, 201);
    },
  });

const notFoundTarget = () => notFound("Target namespace");

/** PATCH /namespaces/:id/minutes/move/:target_id: all packs of one top-level namespace become another's (contract customers 6.2). */
const moveMinutes = ({ prefix, caller }: Mount<"billing" | "portal">) =>
  operation({
    method: "PATCH",
    path: `${prefix}/namespaces/:id/minutes/move/:target_id`,
    summary: "Move all packs of compute minutes to another namespace",
    tags: ["customers"],
    caller,
    params: v.object({ id: text(), target_id: text() }),
    answers: { 202: { description: "Moved, also where there was nothing to move", schema: Accepted } },
    faults: [404],
    async handle(c, params) {
      const { namespace: source } = await findBilledNamespace(c, params.id);
      const target = (await findNamespace(c.var.db, params.target_id))?.namespace ?? null;
      if (target === null) throw notFoundTarget();
      if (source.parentId !== null) throw badRequest("Namespace must be a top-level namespace");
      if (target.parentId !== null) throw badRequest("Target namespace must be a top-level namespace");
      if (source.id === target.id) throw badRequest("Namespace and target must be different");
      const recording = { actor: ledgerActor(c.var.caller), now: c.var.now };
      if (!(await movePacks(c.var.db, source.id, target.id, recording))) throw notFoundTarget();
      return c.json(accepted, 202);
    },
  });

/** GET /namespaces/:id/minutes: what is left to its owners, and to administrators (contract customers 6.2). */
const showMinutes = ({ prefix, caller }: Mount<"billingReader" | "portal">) =>
  operation({
    method: "GET",
    path: `${prefix}/namespaces/:id/minutes`,
    summary: "The packs of compute minutes of a namespace",
    tags: ["customers"],
    caller,
    params: v.object({ id: text() }),
    answers: { 200: { description: "The packs, those that expire soonest first, and what can be used of them today", schema: Minutes } },
    faults: [404],
    async handle(c, params) {
      const { namespace } = await findReadableNamespace(c, c.var.caller, params.id);
      const packs = await listPacks(c.var.db, namespace.id);
      const balance = minutesBalance(packs, dayOf(c.var.now));
      return c.json({ namespace_id: namespace.id, balance, packs: packs.map((pack) => renderPack(namespace.id, pack)) });
    },
  });

const portal = { prefix: "/internal/gitlab_subscriptions", caller: "portal" } as const;

export const minutes = [
  addMinutes({ prefix: "", caller: "billing" }),
  moveMinutes({ prefix: "", caller: "billing" }),
  showMinutes({ prefix: "", caller: "billingReader" }),
  addMinutes(portal),
  moveMinutes(portal),
  showMinutes(portal),
];
