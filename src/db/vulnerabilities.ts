import { and, desc, eq, getTableColumns, ne, sql, type SQL } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { StateChange } from "../domain/vulnerabilities/state-change.ts";
import type { Confidence, Severity } from "../domain/vulnerabilities/vulnerability.ts";
import type { Db } from "./client.ts";
import { fitsList, longestListed } from "./listed.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { selectProjects, type ProjectRecord } from "./project-records.ts";
import { projects, vulnerabilities } from "./schema/index.ts";
import { valuesIn } from "./value-list.ts";

/** A vulnerability with its finding, and what found it. */
export type VulnerabilityRecord = typeof vulnerabilities.$inferSelect & {
  scanner: { externalId: string; name: string; vendor: string | null };
};

/** Which vulnerabilities are listed; what is left out or empty is no condition. */
export interface VulnerabilityFilter {
  severities?: readonly Severity[] | undefined;
  confidences?: readonly Confidence[] | undefined;
}

/**
 * A page of a project's vulnerabilities, newest first. What an agent reported may be a megabyte, and a page has a hundred
 * of them: a text that is longer than `longestListed` is cut off, and longer JSON is empty.
 */
export async function listVulnerabilities(
  db: Db,
  projectId: number,
  filter: VulnerabilityFilter,
  page: PageRange,
): Promise<ListPage<VulnerabilityRecord>> {
  const [rows, counted] = await db.query.batch([
    selectListed(db)
      .where(sql`id in (${newestIds(projectId, filter, page)})`)
      .orderBy(desc(vulnerabilities.id)),
    countRows(db, sql`select 1 from vulnerabilities where ${isListed(projectId, filter)}`),
  ]);
  return toPage(rows.map(toRecord), counted, page);
}

/** The whole vulnerability. */
export async function findVulnerability(db: Db, id: number): Promise<VulnerabilityRecord | null> {
  const [row] = await selectWhole(db).where(eq(vulnerabilities.id, id));
  return row === undefined ? null : toRecord(row);
}

/** The project in which a vulnerability was found; null where there is no such vulnerability. */
export async function findProjectOfVulnerability(db: Db, id: number): Promise<ProjectRecord | null> {
  const [row] = await selectProjects(db).where(eq(projects.id, sql`(select project_id from vulnerabilities where id = ${id})`));
  return row ?? null;
}

/**
 * Puts a vulnerability into a state, unless it is in it: of two at once one does. Gives the whole of it as it is then;
 * null where it is gone.
 */
export async function changeState(
  db: Db,
  id: number,
  change: StateChange,
  now: Date,
): Promise<{ hasChanged: boolean; record: VulnerabilityRecord } | null> {
  const [changed, [row]] = await db.query.batch([
    db.query
      .update(vulnerabilities)
      .set({ ...change, updatedAt: now })
      .where(and(eq(vulnerabilities.id, id), ne(vulnerabilities.state, change.state)))
      .returning({ id: vulnerabilities.id }),
    selectWhole(db).where(eq(vulnerabilities.id, id)),
  ]);
  return row === undefined ? null : { hasChanged: changed.length > 0, record: toRecord(row) };
}

type VulnerabilityRow = typeof vulnerabilities.$inferSelect;
const columns = getTableColumns(vulnerabilities);

const scanner = sql<string>`(
  select json_object('externalId', s.external_id, 'name', s.name, 'vendor', s.vendor)
  from vulnerability_scanners s where s.id = vulnerabilities.scanner_id)`.as("scanner_json");

function listedColumn<Column extends SQLiteColumn>(column: Column, otherwise: SQL) {
  const shown = sql`case when ${fitsList(column)} then ${column} else ${otherwise} end`;
  return shown.mapWith(column).as(`listed_${column.name}`);
}

/** A character has at most four bytes: so many characters fit for certain. */
const cutOff = <Column extends SQLiteColumn>(column: Column) => listedColumn(column, sql`substr(${column}, 1, ${longestListed / 4})`);

const listedColumns = {
  name: cutOff(columns.name),
  description: cutOff(columns.description),
  message: cutOff(columns.message),
  solution: cutOff(columns.solution),
  dismissalComment: cutOff(columns.dismissalComment),
  location: listedColumn(columns.location, sql`'{}'`),
  identifiers: listedColumn(columns.identifiers, sql`'[]'`),
  links: listedColumn(columns.links, sql`'[]'`),
};

/** To be completed with `where`. One table, and each column under a name of its own, so that it may stand in a batch. */
const selectWhole = (db: Db) => db.query.select({ ...columns, scanner }).from(vulnerabilities);
const selectListed = (db: Db) => db.query.select({ ...columns, ...listedColumns, scanner }).from(vulnerabilities);

function toRecord(row: VulnerabilityRow & { scanner: string }): VulnerabilityRecord {
  return { ...row, scanner: JSON.parse(row.scanner) as VulnerabilityRecord["scanner"] };
}

const isListed = (projectId: number, { severities = [], confidences = [] }: VulnerabilityFilter): SQL | undefined =>
  and(
    sql`project_id = ${projectId}`,
    severities.length === 0 ? undefined : sql`severity in (${valuesIn(severities)})`,
    confidences.length === 0 ? undefined : sql`confidence in (${valuesIn(confidences)})`,
  );

/** The ids of a page, and of one more. */
function newestIds(projectId: number, { severities = [], confidences = [] }: VulnerabilityFilter, page: PageRange): SQL {
  if (severities.length > 0) return newestOfEach(severities, sql`severity`, isListed(projectId, { confidences }), page);
  if (confidences.length > 0) return newestOfEach(confidences, sql`confidence`, isListed(projectId, {}), page);
  return sql`select id from vulnerabilities where ${isListed(projectId, {})} order by id desc limit ${page.size + 1} offset ${page.offset}`;
}

/** The ids of a page of what has one of several values in a column: the newest of each value, read from its index, merged. */
function newestOfEach(values: readonly string[], column: SQL, condition: SQL | undefined, { size, offset }: PageRange): SQL {
  const newest = sql`
    select json_group_array(id) from (
      select id from vulnerabilities where ${condition} and ${column} = wanted.value order by id desc limit ${offset + size + 1})`;
  return sql`
    select found.value from json_each(${JSON.stringify([...new Set(values)])}) wanted cross join json_each((${newest})) found
    order by found.value desc limit ${size + 1} offset ${offset}`;
}
