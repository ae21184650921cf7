import { and, sql, type SQL } from "drizzle-orm";
import type { PushFacts } from "../domain/access/facts.ts";
import type { Db } from "./client.ts";
import { grantStatementsAt, refStatementsAt, toPushFacts } from "./facts/push-facts.ts";
import { countedRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { loadTogether, statement } from "./statement.ts";

/** A branch or tag by its short name. */
export interface StoredRef {
  name: string;
  sha: string;
}

/** Whose refs are read, and who reads them; null is nobody in particular. */
export interface RefPlace {
  projectId: number;
  namespaceId: number;
  actorId: number | null;
}

export interface RefFilter {
  /** `^begin`, `end$`, or a part of the short name, in whatever letter case. */
  search?: string | undefined;
  isDescending: boolean;
}

/** What branches are shown by, besides themselves. */
export interface BranchRules extends Pick<PushFacts, "branchRules" | "collaborations"> {
  /** A group above the project is. */
  isGroupArchived: boolean;
}

const withPlace = sql`
  with place as materialized (
    select ${sql.placeholder("projectId")} as project_id, ${sql.placeholder("namespaceId")} as namespace_id,
      ${sql.placeholder("actorId")} as user_id)`;
const place = {
  project: sql`(select project_id from place)`,
  namespace: sql`(select namespace_id from place)`,
  actor: sql`(select user_id from place)`,
};

const branchStatements = {
  ...grantStatementsAt(withPlace, place),
  archivedGroups: statement<{ is_archived: number }>(
    () => sql`${withPlace}
      select exists (
        select 1 from namespace_ancestors a join namespaces n on n.id = a.ancestor_id
        where a.namespace_id = ${place.namespace} and n.is_archived) as is_archived`,
  ),
};
const { tagRules } = refStatementsAt(withPlace, place);

type RefKind = "heads" | "tags";

/** A page of a project's branches by name, and what they are shown by, in one round trip. */
export async function listBranches(
  db: Db,
  at: RefPlace,
  filter: RefFilter,
  page: PageRange,
): Promise<ListPage<StoredRef> & { rules: BranchRules }> {
  const rows = await loadTogether(db, { ...pageStatements(at, "heads", filter, page), ...branchStatements }, valuesOf(at));
  return { ...toPage(rows.refs, rows.counted, page), rules: toBranchRules(rows) };
}

/** One branch by its short name; null where there is none. */
export async function findBranch(db: Db, at: RefPlace, name: string): Promise<{ ref: StoredRef; rules: BranchRules } | null> {
  const rows = await loadTogether(db, { refs: refNamed(at, "heads", name), ...branchStatements }, valuesOf(at));
  const [ref] = rows.refs;
  return ref === undefined ? null : { ref, rules: toBranchRules(rows) };
}

/** The same of tags, and the rules for them. */
export async function listTags(
  db: Db,
  at: RefPlace,
  filter: RefFilter,
  page: PageRange,
): Promise<ListPage<StoredRef> & Pick<PushFacts, "tagRules">> {
  const rows = await loadTogether(db, { ...pageStatements(at, "tags", filter, page), tagRules }, valuesOf(at));
  return { ...toPage(rows.refs, rows.counted, page), tagRules: toPushFacts({ ...noGrants, ...rows }).tagRules };
}

export async function findTag(db: Db, at: RefPlace, name: string): Promise<({ ref: StoredRef } & Pick<PushFacts, "tagRules">) | null> {
  const rows = await loadTogether(db, { refs: refNamed(at, "tags", name), tagRules }, valuesOf(at));
  const [ref] = rows.refs;
  return ref === undefined ? null : { ref, tagRules: toPushFacts({ ...noGrants, ...rows }).tagRules };
}

/** Whether the project has a branch of this short name. */
export async function hasBranch(db: Db, projectId: number, name: string): Promise<boolean> {
  const rows = await db.query.all(sql`select 1 from git_refs where project_id = ${projectId} and name = ${`refs/heads/${name}`}`);
  return rows.length > 0;
}

const noGrants = { branchRules: [], collaborations: [], targetRules: [] };

/** All collaborations are looked for: which branches a page will have is not known before. */
function valuesOf(at: RefPlace): Record<string, unknown> {
  return { ...at, branches: null };
}

function toBranchRules(rows: Parameters<typeof toPushFacts>[0] & { archivedGroups: { is_archived: number }[] }): BranchRules {
  const { branchRules, collaborations } = toPushFacts(rows);
  return { branchRules, collaborations, isGroupArchived: rows.archivedGroups[0]?.is_archived === 1 };
}

/** The short name: what follows `refs/heads/` or `refs/tags/`. */
const shortName = (kind: RefKind) => sql.raw(`substr(name, ${`refs/${kind}/`.length + 1})`);

function refNamed({ projectId }: RefPlace, kind: RefKind, name: string) {
  return statement<StoredRef>(
    () => sql`
      select ${shortName(kind)} as name, sha from git_refs where project_id = ${projectId} and git_refs.name = ${`refs/${kind}/${name}`}`,
  );
}

function pageStatements({ projectId }: RefPlace, kind: RefKind, { search, isDescending }: RefFilter, { size, offset }: PageRange) {
  const short = shortName(kind);
  // "0" follows "/".
  const condition = and(
    sql`project_id = ${projectId} and git_refs.name >= ${`refs/${kind}/`} and git_refs.name < ${`refs/${kind}0`}`,
    isFound(short, search ?? ""),
  );
  const order = sql.raw(isDescending ? "desc" : "asc");
  return {
    refs: statement<StoredRef>(
      () => sql`
        select ${short} as name, sha from git_refs where ${condition}
        order by git_refs.name ${order} limit ${size + 1} offset ${offset}`,
    ),
    counted: statement<{ total: number }>(
      () => sql`select count(*) as total from (select 1 from git_refs where ${condition} limit ${countedRows})`,
    ),
  };
}

function isFound(name: SQL, search: string): SQL | undefined {
  const atBeginning = search.startsWith("^");
  const atEnd = !atBeginning && search.endsWith("$");
  const part = atBeginning ? search.slice(1) : atEnd ? search.slice(0, -1) : search;
  if (part === "") return undefined;
  if (atEnd) return sql`lower(substr(${name}, -length(${part}))) = lower(${part})`;
  const position = sql`instr(lower(${name}), lower(${part}))`;
  return atBeginning ? sql`${position} = 1` : sql`${position} > 0`;
}
