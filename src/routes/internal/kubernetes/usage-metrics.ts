import * as v from "valibot";
import { addUsage } from "../../../db/agent-usage.ts";
import {
  counterNames,
  countsOf,
  findNegative,
  findOverfull,
  flatNamesBesideCounters,
  uniqueCounterNames,
  uniqueIdsOf,
  type UsageReport,
} from "../../../domain/agents/usage.ts";
import { badParameter, badRequest } from "../../../domain/fault.ts";
import { integer, longList, optional } from "../../../http/fields.ts";
import { hash } from "../../../http/hash.ts";
import { operation } from "../../../http/operation.ts";
import { kasBodyBytes } from "./limits.ts";

/** Distinct integers. */
const ids = v.pipe(
  longList(integer()),
  v.transform((given): ReadonlySet<number> => new Set(given)),
);

const oneForm = v.rawCheck<UsageReport>(({ dataset, addIssue }) => {
  if (!dataset.typed) return;
  for (const name of flatNamesBesideCounters(dataset.value)) addIssue({ message: `counters, ${name} are mutually exclusive` });
});

const params = v.pipe(
  v.object({
    gitops_sync_count: optional(integer()),
    k8s_api_proxy_request_count: optional(integer()),
    counters: optional(hash(v.entriesFromList(counterNames, optional(integer())))),
    unique_counters: optional(hash(v.entriesFromList(uniqueCounterNames, optional(ids)))),
  }),
  oneForm,
);

/**
 * POST …/usage_metrics: what kas has counted since it last said (contract kas 5), all of it or nothing. 400 with `error` for
 * what is no integer, and with `message` for a negative one. Names that nobody knows, and their values, are passed over.
 */
export const usageMetrics = operation({
  method: "POST",
  path: "/internal/kubernetes/usage_metrics",
  summary: "Adds what kas counted",
  tags: ["kubernetes"],
  caller: "kas",
  limitBytes: kasBodyBytes,
  params,
  answers: { 204: { description: "Counted" } },
  async handle(c, report) {
    const counts = countsOf(report);
    const uniqueIds = uniqueIdsOf(report);
    const overfull = findOverfull(uniqueIds);
    if (overfull !== null) throw badParameter(`unique_counters[${overfull}] is invalid`);
    const negative = findNegative(counts);
    if (negative !== null) throw badRequest(`${negative} count must be greater than or equal to zero`);
    await addUsage(c.var.db, counts, uniqueIds);
    return c.body(null, 204);
  },
});
