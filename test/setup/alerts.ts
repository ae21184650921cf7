import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { app } from "../../src/app.ts";
import * as schema from "../../src/db/schema/index.ts";
import { asKas, kasJwt, type Reply } from "./call.ts";
import { db, type Project } from "./world.ts";

const path = "/modules/cilium_alert";

/** What kas sends of a packet that a policy let nobody send (contract kas 6.4). */
export const ciliumAlert = {
  flow: {
    time: "2021-06-13T12:00:00.5Z",
    verdict: "DROPPED",
    dropReasonDesc: "POLICY_DENIED",
    IP: { source: "10.1.0.7", destination: "10.1.0.9", ipVersion: "IPv4" },
    l4: { TCP: { sourcePort: 40112, destinationPort: 8443, flags: { SYN: true } } },
    source: { namespace: "shop", podName: "web-6d9f" },
    destination: { namespace: "shop", podName: "db-0" },
    trafficDirection: "INGRESS",
    Summary: "TCP Flags: SYN",
  },
  ciliumNetworkPolicy: {
    kind: "CiliumNetworkPolicy",
    metadata: { name: "deny-db-from-web", namespace: "shop", annotations: { "app.gitlab.com/alert": "true" } },
  },
};

/** As an agent, through kas. */
export function raise(agentToken: string, alert: unknown): Promise<Reply> {
  return asKas("POST", path, { agentToken, json: { alert } });
}

/** The same with some bindings replaced, which comes back when what follows the answer is done too. */
export async function raiseIn(swap: { [Name in keyof Env]?: unknown }, agentToken: string, alert: unknown): Promise<Reply> {
  const context = createExecutionContext();
  const headers = {
    "Content-Type": "application/json",
    "Gitlab-Kas-Api-Request": await kasJwt(),
    Authorization: `Bearer ${agentToken}`,
  };
  const init = { method: "POST", headers, body: JSON.stringify({ alert }) };
  const url = `http://gitlab.example.test/api/v4/internal/kubernetes${path}`;
  const response = await app.request(url, init, { ...env, ...swap }, context);
  const body: unknown = await response.json();
  await waitOnExecutionContext(context);
  return { status: response.status, headers: response.headers, body };
}

/** A project's alerts as they are stored, in the order of their numbers. */
export const alertsOf = ({ id }: Pick<Project, "id">) =>
  db.query.select().from(schema.alerts).where(eq(schema.alerts.projectId, id)).orderBy(schema.alerts.iid);
