import { eq } from "drizzle-orm";
import { vulnerabilities, vulnerabilityScanners } from "../../src/db/schema/index.ts";
import { asKas, type Reply } from "./call.ts";
import { db, unique } from "./world.ts";

type Json = Record<string, unknown>;

/** What kas sends of today's reports (contract kas 7.6), with some of it replaced; undefined leaves out. */
export function starboardReport({
  vulnerability,
  scanner,
  place,
  packageName = "libc",
}: { vulnerability?: Json; scanner?: Json; place?: Json; packageName?: string } = {}): { vulnerability: Json; scanner: Json } {
  return {
    vulnerability: {
      name: "CVE-2023-10001 in libc",
      severity: "High",
      confidence: "unknown",
      description: "Buffer overflow in the resolver.",
      solution: "Update libc to 2.38.",
      location: {
        image: "index.docker.io/library/nginx:1.21",
        operating_system: "debian 11",
        dependency: { package: { name: packageName }, version: "2.31" },
        kubernetes_resource: {
          namespace: "production",
          kind: "deployment",
          name: "nginx",
          container: "nginx",
          container_name: "nginx",
          agent_id: "11",
          ...place,
        },
      },
      identifiers: [{ type: "cve", name: "CVE-2023-10001", value: "CVE-2023-10001", url: "https://example.test/CVE-2023-10001" }],
      links: [{ url: "https://example.test/advisory/1" }],
      ...vulnerability,
    },
    scanner: { id: "starboard_trivy", name: "Trivy (via Starboard Operator)", vendor: { name: "GitLab" }, ...scanner },
  };
}

/** As kas, for the agent that has the token. */
export const report = (agentToken: string, json: unknown): Promise<Reply> =>
  asKas("PUT", "/modules/starboard_vulnerability", { agentToken, json });

/** A finding that no other has; gives its UUID. */
export async function reportNew(agentToken: string, vulnerability: Json = {}): Promise<string> {
  const { body } = await report(agentToken, starboardReport({ vulnerability, packageName: unique("package-") }));
  return body.uuid;
}

export const scanResult = (agentToken: string, uuids: unknown): Promise<Reply> =>
  asKas("POST", "/modules/starboard_vulnerability/scan_result", { agentToken, json: { uuids } });

export async function storedVulnerability(uuid: string): Promise<typeof vulnerabilities.$inferSelect> {
  const [row] = await db.query.select().from(vulnerabilities).where(eq(vulnerabilities.uuid, uuid));
  return row!;
}

export const storedVulnerabilities = (projectId: number) =>
  db.query.select().from(vulnerabilities).where(eq(vulnerabilities.projectId, projectId)).orderBy(vulnerabilities.id);

/** One straight into D1, of whatever report type. */
export async function addVulnerability(
  projectId: number,
  values: Partial<typeof vulnerabilities.$inferInsert> = {},
): Promise<typeof vulnerabilities.$inferSelect> {
  const [scanner] = await db.query
    .insert(vulnerabilityScanners)
    .values({ projectId, externalId: unique("scanner-"), name: "Scanner" })
    .returning();
  const name = unique("CVE-1-");
  const [row] = await db.query
    .insert(vulnerabilities)
    .values({
      scannerId: scanner!.id,
      uuid: crypto.randomUUID(),
      primaryIdentifier: name,
      locationDigest: name,
      title: name,
      name,
      severity: "high",
      confidence: "unknown",
      location: {},
      identifiers: [{ type: "cve", name }],
      links: [],
      ...values,
      projectId,
    })
    .returning();
  return row!;
}
