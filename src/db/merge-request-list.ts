import { and, getTableColumns, inArray, sql, type SQL } from "drizzle-orm";
import { AccessLevel } from "../domain/identity/access-level.ts";
import type { Db } from "./client.ts";
import { isLockedNow } from "./locked.ts";
import { milestoneAsJson, parseMilestone, type MilestoneRecord } from "./milestones.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { reachableProjects } from "./reachable-projects.ts";
import { mergeRequests, type mergeRequestStates } from "./schema/index.ts";
import { contains } from "./search.ts";
import type { NamedUser } from "./user-records.ts";
import { valuesIn } from "./value-list.ts";
import { hasRole, openTo, visibleTo, type Reading } from "./visible.ts";

export type MergeRequestState = (typeof mergeRequestStates)[number];

/** A merge request with what its public form shows besides. */
export interface MergeRequestRecord {
  request: typeof mergeRequests.$inferSelect;
  targetFullPath: string;
  /** Null when their account is gone. */
  author: NamedUser | null;
  assignees: NamedUser[];
  /** On whose behalf it is to be merged as soon as it may be. */
  autoMergeUser: NamedUser | null;
  /** Names. */
  labels: string[];
  milestone: MilestoneRecord | null;
}

/** Where merge requests are looked for: in one project, in those of a group and below, or in all that the reader may see. */
export type MergeRequestPlace = { projectId: number } | { groupId: number } | "everywhere";

/** Which merge requests are listed; what is left out is no condition. */
export interface MergeRequestFilter {
  state?: MergeRequestState | undefined;
  sourceBranch?: string | undefined;
  targetBranch?: string | undefined;
  iids?: readonly number[] | undefined;
  authorId?: number | undefined;
  assigneeId?: number | undefined;
  /** Part of a title or description. */
  search?: string | undefined;
}

export const mergeRequestOrders = ["created_at", "updated_at", "title"] as const;
export interface MergeRequestSorting {
  by: (typeof mergeRequestOrders)[number];
  isDescending: boolean;
}

/** A page of the merge requests that the reader may see, in one round trip. */
export async function listMergeRequests(
  db: Db,
  place: MergeRequestPlace,
  filter: MergeRequestFilter,
  reading: Reading,
  sorting: MergeRequestSorting,
  page: PageRange,
): Promise<ListPage<MergeRequestRecord>> {
  const ids = mergeRequestIds(place, filter, reading);
  const pageIds = sql`${ids} order by ${inOrder("r", sorting)} limit ${page.size + 1} offset ${page.offset}`;
  const [rows, counted] = await db.query.batch([selectShown(db, pageIds).orderBy(inOrder("merge_requests", sorting)), countRows(db, ids)]);
  return toPage(rows.map(toRecord), counted, page);
}

/** The merge request of this number into a project. */
export async function findMergeRequest(db: Db, projectId: number, iid: number): Promise<MergeRequestRecord | null> {
  const [row] = await selectShown(db, sql`select r.id from merge_requests r where r.target_project_id = ${projectId} and r.iid = ${iid}`);
  return row === undefined ? null : toRecord(row);
}

/** The id makes the order one: two of one title keep their places from page to page. */
function inOrder(table: "r" | "merge_requests", { by, isDescending }: MergeRequestSorting): SQL {
  const direction = isDescending ? "desc" : "asc";
  return sql.raw(`${table}.${by} ${direction}, ${table}.id ${direction}`);
}

/** The join is crossed because SQLite would rather begin with all projects there are. */
function mergeRequestIds(place: MergeRequestPlace, filter: MergeRequestFilter, reading: Reading): SQL {
  const { state, sourceBranch, targetBranch, iids, authorId, assigneeId, search } = filter;
  const condition = and(
    isIn(place, filter, reading),
    isReadable(reading),
    state === undefined ? undefined : sql`r.state = ${state}`,
    sourceBranch === undefined ? undefined : sql`r.source_branch = ${sourceBranch}`,
    targetBranch === undefined ? undefined : sql`r.target_branch = ${targetBranch}`,
    iids === undefined || iids.length === 0 ? undefined : sql`r.iid in (${valuesIn(iids)})`,
    authorId === undefined ? undefined : sql`r.author_id = ${authorId}`,
    assigneeId === undefined
      ? undefined
      : sql`r.id in (select merge_request_id from merge_request_assignees where user_id = ${assigneeId})`,
    contains(search, sql`r.title`, sql`coalesce(r.description, '')`),
  );
  return sql`select r.id from merge_requests r cross join projects p on p.id = r.target_project_id where ${condition}`;
}

/** The projects to begin with. Somebody's own merge requests are found by that, wherever they are. */
function isIn(place: MergeRequestPlace, { authorId, assigneeId }: MergeRequestFilter, { reader }: Reading): SQL | undefined {
  if (place === "everywhere") {
    if (reader === null || reader.isAdmin || authorId !== undefined || assigneeId !== undefined) return undefined;
    return sql`r.target_project_id in (
      ${reachableProjects(reader.user.id, AccessLevel.guest)} union select id from projects where visibility in ${openTo(reader)})`;
  }
  if ("projectId" in place) return sql`r.target_project_id = ${place.projectId}`;
  return sql`r.target_project_id in (
    select o.id from namespace_ancestors a cross join projects o on o.namespace_id = a.namespace_id where a.ancestor_id = ${place.groupId})`;
}

/** Whether the reader sees the project and may use its merge requests and repository: domain/push/merge-request-rights.ts in SQL. */
function isReadable(reading: Reading): SQL {
  const place = { visibility: sql`p.visibility`, project: sql`p.id`, namespace: sql`p.namespace_id` };
  const { reader, today } = reading;
  const isOpen = sql`(p.merge_requests_access_level = 'enabled' and p.repository_access_level = 'enabled')`;
  const isOn = sql`(p.merge_requests_access_level <> 'disabled' and p.repository_access_level <> 'disabled')`;
  if (reader === null) return sql`${visibleTo(reading, place)} and ${isOpen}`;
  if (reader.isAdmin) return isOn;
  const isMember = hasRole(reader.user.id, place, AccessLevel.guest, today);
  return sql`${visibleTo(reading, place)} and (${isOpen} or (${isOn} and ${isMember}))`;
}

const namedUser = sql`json_object(
  'id', u.id, 'username', u.username, 'name', u.name, 'state', u.state, 'isLocked', ${isLockedNow("u")})`;
const userOf = (column: string) => sql<string | null>`(select ${namedUser} from users u where u.id = merge_requests.${sql.raw(column)})`;

/** One table and subqueries, each under a name of its own, so that it may stand in a batch. */
function selectShown(db: Db, ids: SQL) {
  return db.query
    .select({
      ...getTableColumns(mergeRequests),
      targetFullPath: sql<string>`(select t.path from routes t where t.project_id = merge_requests.target_project_id)`.as(
        "target_full_path",
      ),
      author: userOf("author_id").as("author_json"),
      autoMergeUser: userOf("auto_merge_user_id").as("auto_merge_user_json"),
      assignees: sql<string>`(
        select json_group_array(json(${namedUser}) order by u.id) from merge_request_assignees a join users u on u.id = a.user_id
        where a.merge_request_id = merge_requests.id)`.as("assignees_json"),
      labels: sql<string>`(
        select json_group_array(l.name order by l.name) from merge_request_labels used join labels l on l.id = used.label_id
        where used.merge_request_id = merge_requests.id)`.as("labels_json"),
      milestone: sql<string | null>`${milestoneAsJson(sql`merge_requests.milestone_id`)}`.as("milestone_json"),
    })
    .from(mergeRequests)
    .where(inArray(mergeRequests.id, sql`(${ids})`))
    .$dynamic();
}

type Row = Awaited<ReturnType<typeof selectShown>>[number];

/** JSON from SQLite has 0 and 1 where the schema has flags. */
type StoredUser = Omit<NamedUser, "isLocked"> & { isLocked: number };
const toNamedUser = (stored: StoredUser): NamedUser => ({ ...stored, isLocked: stored.isLocked === 1 });
const parseUser = (json: string | null) => (json === null ? null : toNamedUser(JSON.parse(json) as StoredUser));

function toRecord({ targetFullPath, author, autoMergeUser, assignees, labels, milestone, ...request }: Row): MergeRequestRecord {
  return {
    request,
    targetFullPath,
    author: parseUser(author),
    autoMergeUser: parseUser(autoMergeUser),
    assignees: (JSON.parse(assignees) as StoredUser[]).map(toNamedUser),
    labels: JSON.parse(labels) as string[],
    milestone: milestone === null ? null : parseMilestone(milestone),
  };
}
