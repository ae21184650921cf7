import * as v from "valibot";
import { identifyProxyUser } from "../../../auth/proxy-user.ts";
import { loadProxiedAgent } from "../../../db/facts/proxy-user-facts.ts";
import { decideProxyAccess, type ProxyAccess } from "../../../domain/agents/proxy-user.ts";
import { badRequest, Fault, rowNotFound } from "../../../domain/fault.ts";
import { dayOf } from "../../../domain/identity/access-level.ts";
import { integer, isEmpty, oneOf, optional, text } from "../../../http/fields.ts";
import { operation } from "../../../http/operation.ts";
import { kasBodyBytes } from "./limits.ts";

const byCookie = "session_cookie";

/** A cookie counts together with a CSRF token only. */
const Params = v.pipe(
  v.object({
    agent_id: integer(),
    access_type: oneOf([byCookie, "personal_access_token"]),
    access_key: text(),
    csrf_token: optional(text()),
  }),
  v.forward(
    v.partialCheck(
      [["access_type"], ["csrf_token"]],
      ({ access_type: type, csrf_token: token }) => type !== byCookie || token !== undefined,
      "is missing",
    ),
    ["csrf_token"],
  ),
  v.forward(
    v.partialCheck(
      [["access_type"], ["csrf_token"]],
      ({ access_type: type, csrf_token: token }) => type !== byCookie || token?.trim() !== "",
      isEmpty,
    ),
    ["csrf_token"],
  ),
);

const Places = v.array(v.object({ id: v.number(), roles: v.array(v.string()) }));
const Authorization = v.object({
  agent: v.object({ id: v.number(), config_project: v.object({ id: v.number() }) }),
  user: v.object({ id: v.number(), username: v.string() }),
  access_as: v.union([v.object({ agent: v.object({}) }), v.object({ user: v.object({ projects: Places, groups: Places }) })]),
});

/**
 * POST …/authorize_proxy_user: whether somebody who asks kas for a cluster may reach it through its agent, and as whom; the
 * checks in the order of contract kas 11. There are no web sessions here, so that no cookie can be one's.
 */
export const authorizeProxyUser = operation({
  method: "POST",
  path: "/internal/kubernetes/authorize_proxy_user",
  summary: "Whether a user may reach a cluster through its agent, and as whom",
  tags: ["kubernetes"],
  caller: "kas",
  limitBytes: kasBodyBytes,
  params: Params,
  answers: { 201: { description: "They may", schema: Authorization } },
  faults: [404],
  async handle(c, params) {
    if (params.access_type === byCookie) throw badRequest("Invalid access_key");
    const user = await identifyProxyUser(c, params.access_key);
    const agent = await loadProxiedAgent(c.var.db, { agentId: params.agent_id, userId: user.id }, dayOf(c.var.now));
    if (agent === null) throw rowNotFound();
    const access = renderOrRefuse(decideProxyAccess(agent));
    return c.json(
      {
        agent: { id: agent.id, config_project: { id: agent.projectId } },
        user: { id: user.id, username: user.username },
        access_as: access,
      },
      201,
    );
  },
});

function renderOrRefuse(access: ProxyAccess): v.InferOutput<typeof Authorization>["access_as"] {
  if (access.as === "nobody") throw new Fault("forbidden", "user_access", access.refusal);
  return access.as === "agent" ? { agent: {} } : { user: { projects: access.projects, groups: access.groups } };
}
