import { env } from "cloudflare:workers";
import { eq, like } from "drizzle-orm";
import * as schema from "../../src/db/schema/index.ts";
import type { AcceptedPush } from "../../src/domain/push/accepted-push.ts";
import { processPush } from "../../src/queue/jobs/push.ts";
import { db, type Project } from "./world.ts";

/** No revision: what a ref that is not there points at. */
export const blank = "0".repeat(40);
/** A revision of its own for each number. */
export const revision = (number: number) => `f${number.toString(16).padStart(39, "0")}`;

export const urls = { ssh: "git@gitlab.example.test:", http: "https://gitlab.example.test/", external: "https://gitlab.example.test" };

/** Lines as Gitaly sends them. */
export const linesOf = (...changes: (readonly [oldrev: string, newrev: string, ref: string])[]) =>
  changes.map((change) => `${change.join(" ")}\n`).join("");

/** A push to a project, as `/post_receive` takes it on. */
export function acceptedPush(project: Pick<Project, "id">, values: Partial<AcceptedPush> = {}): AcceptedPush {
  return {
    id: crypto.randomUUID(),
    glRepository: `project-${project.id}`,
    identifier: "user-1",
    changes: linesOf([blank, revision(1), "refs/heads/main"]),
    options: {},
    urls,
    acceptedAt: Date.now(),
    ...values,
  };
}

/** Bindings of a run that keep what is sent to the queue and count what D1 is asked; call number `failsAt` fails. */
export function observed({ failsAt = Infinity, queueFails = false }: { failsAt?: number; queueFails?: boolean } = {}) {
  const seen = { trips: 0, rowsRead: 0, sent: [] as unknown[] };
  const count = () => {
    seen.trips += 1;
    if (seen.trips === failsAt) throw new Error("D1_ERROR: injected");
  };
  const DB = {
    withSession: (bookmark: string) => {
      const session = env.DB.withSession(bookmark);
      return {
        prepare: (query: string) => session.prepare(query),
        batch: async (statements: D1PreparedStatement[]) => {
          count();
          const results = await session.batch(statements);
          for (const { meta } of results) seen.rowsRead += meta.rows_read;
          return results;
        },
      };
    },
  };
  const JOBS = {
    sendBatch: async (messages: { body: unknown }[]) => {
      if (queueFails) throw new Error("The queue refused.");
      seen.sent.push(...messages.map(({ body }) => body));
    },
  };
  return { seen, env: { ...env, DB, JOBS } as unknown as Env };
}

/** Processes a push once; answers what was sent to the queue and how often D1 was asked. */
export async function runPush(
  push: AcceptedPush,
  { superseded = [], ...faults }: { superseded?: string[]; failsAt?: number; queueFails?: boolean } = {},
) {
  const { seen, env: bindings } = observed(faults);
  await processPush(bindings, push, { superseded: new Set(superseded), checkTime: () => {} });
  return seen;
}

/** A hook of a project, a group or the instance, whose secrets nobody opens here. */
export async function addHook(
  place: { projectId: number } | { namespaceId: number } | "system",
  values: Partial<typeof schema.webHooks.$inferInsert> = {},
): Promise<typeof schema.webHooks.$inferSelect> {
  const kind = place === "system" ? "system" : "projectId" in place ? "project" : "group";
  const [row] = await db.query
    .insert(schema.webHooks)
    .values({ kind, sealed: "sealed", ...(place === "system" ? {} : place), ...values })
    .returning();
  return row!;
}

export const eventsOf = (push: AcceptedPush) =>
  db.query.select().from(schema.pushEvents).where(eq(schema.pushEvents.pushId, push.id)).orderBy(schema.pushEvents.id);

export const deliveriesOf = (push: AcceptedPush) =>
  db.query
    .select()
    .from(schema.hookDeliveries)
    .where(like(schema.hookDeliveries.payloadKey, `${push.id}/%`))
    .orderBy(schema.hookDeliveries.id);

/** Parts of bodies, in order. */
export const payloadsOf = (push: AcceptedPush) =>
  db.query
    .select({ key: schema.hookPayloads.key, part: schema.hookPayloads.part, text: schema.hookPayloads.text })
    .from(schema.hookPayloads)
    .where(like(schema.hookPayloads.key, `${push.id}/%`))
    .orderBy(schema.hookPayloads.key, schema.hookPayloads.part);

export async function refsOf(project: Pick<Project, "id">): Promise<Record<string, string>> {
  const rows = await db.query.select().from(schema.gitRefs).where(eq(schema.gitRefs.projectId, project.id));
  return Object.fromEntries(rows.map(({ name, sha }) => [name, sha]));
}

/** The project's own branch rules: `<name> <action> <level>`. */
export async function branchRulesOf(project: Pick<Project, "id">): Promise<string[]> {
  const { protectedBranches: rules, protectedRefAccessLevels: levels } = schema;
  const rows = await db.query
    .select({ name: rules.name, action: levels.action, level: levels.accessLevel })
    .from(rules)
    .leftJoin(levels, eq(levels.protectedBranchId, rules.id))
    .where(eq(rules.projectId, project.id))
    .orderBy(rules.id, levels.id);
  return rows.map(({ name, action, level }) => `${name} ${action} ${level}`);
}

export const storedProject = async (project: Pick<Project, "id">) =>
  (await db.query.select().from(schema.projects).where(eq(schema.projects.id, project.id)))[0]!;
