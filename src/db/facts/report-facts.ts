import { sql } from "drizzle-orm";
import { dayOf } from "../../domain/identity/access-level.ts";
import type { RepositoryIdentifier } from "../../domain/identity/gl-repository.ts";
import { formatGlRepository } from "../../domain/identity/gl-repository.ts";
import type { ReportFacts, ReportedProject } from "../../domain/push/report-facts.ts";
import type { PushReport } from "../../domain/push/push-report.ts";
import { refChanges } from "../../domain/push/ref-changes.ts";
import { activeBanners, toBanner } from "../broadcast-messages.ts";
import type { Db } from "../client.ts";
import { membershipsAsJson, membershipsOf, parseMemberships, toMembership, type MembershipRow } from "../memberships.ts";
import { openMergeRequestsFrom, pushedBranchesValue, toOpenMergeRequest } from "../open-merge-requests.ts";
import { loadTogether, statement } from "../statement.ts";
import { actorUserId, actorValues } from "./statements.ts";

const value = sql.placeholder;

/** The project that is pushed to, or that the snippet belongs to. */
const projectId = sql`coalesce(${value("projectId")}, (select project_id from snippets where id = ${value("snippetId")}))`;

interface ProjectRow {
  id: number;
  full_path: string;
  default_branch: string;
  is_repository_empty: 0 | 1;
  prints_merge_request_link: 0 | 1;
  merge_requests_access_level: ReportedProject["mergeRequestsAccessLevel"];
  owner_id: number | null;
}

interface ReconciliationRow {
  next_reconciliation_date: string;
  display_alert_from: string;
  reconciled_owner_id: number | null;
  /** JSON. */
  roles: string;
}

const statements = {
  /** The user, or of a deploy key its owner; `id` is null where it has none. */
  users: statement<{ id: number | null }>(
    () => sql`
      select ${actorUserId} as id
      where ${actorUserId} is not null or exists (select 1 from keys where id = ${value("keyId")} and usage <> 'signing' and kind = 'deploy')`,
  ),
  projects: statement<ProjectRow>(
    () => sql`
      select p.id as id, r.path as full_path, p.default_branch as default_branch, p.is_repository_empty as is_repository_empty,
        p.prints_merge_request_link as prints_merge_request_link, p.merge_requests_access_level as merge_requests_access_level,
        n.owner_id as owner_id
      from projects p join routes r on r.project_id = p.id join namespaces n on n.id = p.namespace_id
      where p.id = ${projectId}`,
  ),
  snippets: statement<{ id: number }>(() => sql`select id from snippets where id = ${value("snippetId")}`),
  memberships: statement<MembershipRow>(() =>
    membershipsOf(actorUserId, projectId, sql`(select namespace_id from projects where id = ${projectId})`),
  ),
  messages: statement<{ text: string }>(
    () => sql`
      select text from stored_messages
      where user_id = ${actorUserId} and gl_repository = ${value("repository")} and expires_at > ${value("now")} limit 1`,
  ),
  /** Of the project's namespace and those above it, with the roles that the user has there. */
  reconciliations: statement<ReconciliationRow>(
    () => sql`
      select u.next_reconciliation_date as next_reconciliation_date, u.display_alert_from as display_alert_from,
        n.owner_id as reconciled_owner_id, ${membershipsAsJson(actorUserId, sql`null`, sql`u.namespace_id`)} as roles
      from projects p
        cross join namespace_ancestors a on a.namespace_id = p.namespace_id
        cross join upcoming_reconciliations u on u.namespace_id = a.ancestor_id
        cross join namespaces n on n.id = u.namespace_id
      where p.id = ${projectId} and u.display_alert_from <= ${value("today")} and u.next_reconciliation_date >= ${value("today")}`,
  ),
  banners: activeBanners,
  mergeRequests: openMergeRequestsFrom,
};

/** All that the answer to `/post_receive` is made from, in one round trip. */
export async function loadReportFacts(db: Db, report: PushReport, now: Date): Promise<ReportFacts> {
  const rows = await loadTogether(db, statements, {
    ...actorValues(report.actor),
    ...repositoryValues(report.repository),
    repository: formatGlRepository(report.repository),
    pushedBranches: pushedBranchesValue(refChanges(report.changes)),
    now: now.getTime(),
    today: dayOf(now),
  });
  const [user] = rows.users;
  const [project] = rows.projects;
  return {
    user: user === undefined ? null : { id: user.id },
    project: project === undefined ? null : toProject(project),
    hasRepository: (report.repository.type === "snippet" ? rows.snippets : rows.projects).length > 0,
    isNamespaceOwner: user !== undefined && user.id !== null && project?.owner_id === user.id,
    memberships: rows.memberships.map(toMembership),
    reconciliations: rows.reconciliations.map((row) => ({
      nextReconciliationDate: row.next_reconciliation_date,
      displayAlertFrom: row.display_alert_from,
      isNamespaceOwner: user !== undefined && user.id !== null && row.reconciled_owner_id === user.id,
      memberships: parseMemberships(row.roles),
    })),
    banners: rows.banners.map(toBanner),
    hasMessages: rows.messages.length > 0,
    openMergeRequests: rows.mergeRequests.map(toOpenMergeRequest),
  };
}

function repositoryValues({ type, id }: RepositoryIdentifier): Record<string, unknown> {
  return type === "snippet" ? { projectId: null, snippetId: id } : { projectId: id, snippetId: null };
}

function toProject(row: ProjectRow): ReportedProject {
  return {
    id: row.id,
    fullPath: row.full_path,
    defaultBranch: row.default_branch,
    isRepositoryEmpty: row.is_repository_empty === 1,
    printsMergeRequestLink: row.prints_merge_request_link === 1,
    mergeRequestsAccessLevel: row.merge_requests_access_level,
  };
}

const kinds = ["moved", "created"];

/** Takes what is stored for a person and a repository: moved first, then created. Who comes second gets nothing. */
export async function takeStoredMessages(db: Db, userId: number, repository: string, now: Date): Promise<string[]> {
  const rows = await db.query.all<{ kind: string; text: string; expires_at: number }>(
    sql`delete from stored_messages where user_id = ${userId} and gl_repository = ${repository} returning kind, text, expires_at`,
  );
  return rows
    .filter((row) => row.expires_at > now.getTime())
    .toSorted((one, other) => kinds.indexOf(one.kind) - kinds.indexOf(other.kind))
    .map(({ text }) => text);
}
