import { and, asc, count, eq, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import type { NewDeployKey } from "./deploy-keys.ts";
import type { KeyRow } from "./keys.ts";
import { fullNameOf } from "./project-records.ts";
import { keys } from "./schema/index.ts";

/** A project on which a deploy key is enabled, with what names it. */
export interface EnabledProject {
  canPush: boolean;
  project: { id: number; description: string | null; name: string; path: string; createdAt: Date };
  fullPath: string;
  /** `Engines / Steam`. */
  namespaceName: string;
}

/** How many projects of one deploy key are read for a list: a key may be on thousands. */
export const shownProjects = 200;

/** A deploy key as the whole instance knows it. */
export interface InstanceDeployKey {
  key: KeyRow;
  /** At most `shownProjects`, by their ids. */
  projects: EnabledProject[];
}

/** Columns of `EnabledProject`, each under a name of its own. */
interface ProjectColumns {
  keyId: number;
  canPush: number;
  id: number;
  description: string | null;
  name: string;
  path: string;
  createdAt: number;
  fullPath: string;
  namespaceName: string;
}

/** A page of all deploy keys, or of the public ones, each with projects it is on; and how many keys there are. */
export async function listInstanceDeployKeys(
  db: Db,
  filter: { isPublic: boolean },
  page: { size: number; offset: number },
): Promise<{ rows: InstanceDeployKey[]; total: number }> {
  const condition = and(eq(keys.kind, "deploy"), filter.isPublic ? eq(keys.isPublic, true) : undefined);
  const idsOfPage = db.query.select({ id: keys.id }).from(keys).where(condition).orderBy(asc(keys.id)).limit(page.size).offset(page.offset);
  const [rows, counted, projects] = await db.query.batch([
    db.query.select().from(keys).where(condition).orderBy(asc(keys.id)).limit(page.size).offset(page.offset),
    db.query.select({ total: count() }).from(keys).where(condition),
    db.query.all<ProjectColumns>(sql`
      select d.deploy_key_id as keyId, d.can_push as canPush, p.id, p.description, p.name, p.path, p.created_at as createdAt,
        r.path as fullPath, ${fullNameOf(sql`p.namespace_id`)} as namespaceName
      from ${idsOfPage} k
      cross join deploy_key_projects d on d.id in (
        select l.id from deploy_key_projects l where l.deploy_key_id = k.id order by l.project_id limit ${shownProjects})
      cross join projects p on p.id = d.project_id
      cross join routes r on r.project_id = p.id
      order by p.id`),
  ]);
  const byKey = Map.groupBy(projects, (project) => project.keyId);
  return {
    rows: rows.map((key) => ({ key, projects: (byKey.get(key.id) ?? []).map(toEnabledProject) })),
    total: counted[0]?.total ?? 0,
  };
}

function toEnabledProject({ canPush, fullPath, namespaceName, ...row }: ProjectColumns): EnabledProject {
  const { id, description, name, path, createdAt } = row;
  return { canPush: canPush === 1, project: { id, description, name, path, createdAt: new Date(createdAt) }, fullPath, namespaceName };
}

/**
 * A public deploy key, which is on no project yet. Throws the database's refusal of a key that somebody registered
 * before (constraint.ts, `keys.fingerprint_sha256`).
 */
export async function createPublicDeployKey(db: Db, key: NewDeployKey): Promise<KeyRow> {
  const [row] = await db.query
    .insert(keys)
    .values({ ...key, kind: "deploy", isPublic: true })
    .returning();
  if (row === undefined) throw new Error("The insert of a deploy key gave no row.");
  return row;
}
