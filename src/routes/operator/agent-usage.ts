import * as v from "valibot";
import { loadUsage } from "../../db/agent-usage.ts";
import { counterNames, uniqueCounterNames } from "../../domain/agents/usage.ts";
import { operation } from "../../http/operation.ts";

const byName = v.record(v.string(), v.number());
const AgentUsage = v.object({
  /** Since the beginning. */
  counters: byName,
  /** How many different users, agents or projects were counted. */
  unique_counters: byName,
});

/** GET /operator/agent_usage: what kas has counted (contract kas 5, 12), every counter that there is, 0 included. */
export const readAgentUsage = operation({
  method: "GET",
  path: "/operator/agent_usage",
  summary: "What the Kubernetes agent server has counted",
  tags: ["operator"],
  caller: "user",
  requires: "admin",
  params: v.object({}),
  answers: { 200: { description: "Counters by name", schema: AgentUsage } },
  async handle(c) {
    const { counters, uniqueCounters } = await loadUsage(c.var.db);
    return c.json({ counters: everyOf(counterNames, counters), unique_counters: everyOf(uniqueCounterNames, uniqueCounters) });
  },
});

function everyOf<Name extends string>(names: readonly Name[], counted: ReadonlyMap<Name, number>): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, counted.get(name) ?? 0]));
}
