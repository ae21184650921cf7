import * as v from "valibot";
import { integer, optional } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import type { JobOf } from "../../queue/messages.ts";
import { findBilledNamespace } from "../billing/place.ts";
import { Accepted, accepted } from "../entities/accepted.ts";

/**
 * POST /operator/subscriptions/refresh: counts the seats of all subscriptions of paid plans anew, also where that was done
 * today, or with `namespace_id` of that namespace's, whatever its plan; administrators only (contract customers 10). 404
 * where there is no such namespace.
 */
export const refreshSubscriptions = operation({
  method: "POST",
  path: "/operator/subscriptions/refresh",
  summary: "Has seats counted anew",
  tags: ["operator", "customers"],
  caller: "user",
  requires: "admin",
  params: v.object({ namespace_id: optional(integer()) }),
  answers: { 202: { description: "They will be counted", schema: Accepted } },
  faults: [404],
  async handle(c, { namespace_id: namespaceId }) {
    const named = namespaceId === undefined ? null : (await findBilledNamespace(c, String(namespaceId))).namespace.id;
    const job: JobOf<"refresh_seats"> = {
      kind: "refresh_seats",
      version: 1,
      namespace_id: named,
      asked_at: c.var.now.getTime(),
      after_id: 0,
    };
    await c.env.JOBS.send(job);
    return c.json(accepted, 202);
  },
});
