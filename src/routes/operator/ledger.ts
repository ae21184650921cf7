import * as v from "valibot";
import { listLedger, type LedgerRow } from "../../db/billing-ledger.ts";
import { ledgerKinds } from "../../domain/billing/ledger.ts";
import { integer, oneOf, optional } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";

const LedgerEntry = v.object({
  id: v.number(),
  at: v.string(),
  kind: v.picklist(ledgerKinds),
  namespace_id: v.number(),
  /** `user-<id>` or `customers-dot`. */
  actor: v.string(),
  /** Null: nothing was there. */
  before: v.nullable(v.looseObject({})),
  /** Null: nothing is there any more. */
  after: v.nullable(v.looseObject({})),
});

/**
 * GET /operator/ledger: every change of what namespaces have bought, newest first; administrators only (contract customers
 * 10). What was moved to a namespace is told with what is its own.
 */
export const showLedger = operation({
  method: "GET",
  path: "/operator/ledger",
  summary: "The ledger of what namespaces have bought",
  tags: ["operator", "customers"],
  caller: "user",
  requires: "admin",
  params: v.object({ ...pageFields, namespace_id: optional(integer()), kind: optional(oneOf(ledgerKinds)) }),
  answers: { 200: { description: "Changes, newest first", schema: v.array(LedgerEntry) } },
  faults: [405],
  async handle(c, params) {
    const page = pageOf(params);
    const { rows, total } = await listLedger(c.var.db, { namespaceId: params.namespace_id, kind: params.kind }, page);
    return respondPage(c, rows.map(renderEntry), page, total);
  },
});

function renderEntry(row: LedgerRow): v.InferOutput<typeof LedgerEntry> {
  return {
    id: row.id,
    at: row.recordedAt.toISOString(),
    kind: row.kind,
    namespace_id: row.namespaceId,
    actor: row.actor,
    before: readObject(row.before),
    after: readObject(row.after),
  };
}

function readObject(json: string | null): { [key: string]: unknown } | null {
  return json === null ? null : JSON.parse(json);
}
