import * as v from "valibot";
import { operation } from "../../../http/operation.ts";
import { kasBodyBytes } from "./limits.ts";

/** GET …/receptive_agents: the agents that kas has to call itself. There are none of that kind here (contract kas 12). */
export const receptiveAgents = operation({
  method: "GET",
  path: "/internal/kubernetes/receptive_agents",
  summary: "Agents that wait to be called by kas: none",
  tags: ["kubernetes"],
  caller: "kas",
  limitBytes: kasBodyBytes,
  params: v.object({}),
  answers: { 200: { description: "An empty list", schema: v.object({ agents: v.array(v.never()) }) } },
  handle(c) {
    return c.json({ agents: [] });
  },
});
