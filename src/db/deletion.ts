import { sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { Db } from "./client.ts";

type Statements = BatchItem<"sqlite">[];

/**
 * The statements that delete projects and all that belongs to them, for the caller's batch. `ids` is a subquery of
 * project ids (`valuesIn`, where they are known). Every statement runs it again, so it may read projects and namespaces, and nothing else: the rest is gone
 * half-way.
 *
 * Deploy keys that are left without a project go too, unless they are public. Forks lose their origin, and stay.
 */
export function deleteProjects(db: Db, ids: SQL): Statements {
  const orphanedKeys = sql`
    select k.id from deploy_key_projects d join keys k on k.id = d.deploy_key_id
    where d.project_id in (${ids}) and not k.is_public
      and not exists (select 1 from deploy_key_projects o where o.deploy_key_id = k.id and o.project_id not in (${ids}))`;
  return [
    db.query.run(sql`
      delete from protected_ref_access_levels
      where protected_branch_id in (select id from protected_branches where project_id in (${ids}))
        or protected_tag_id in (select id from protected_tags where project_id in (${ids}))
        or deploy_key_id in (${orphanedKeys})`),
    // An orphaned key is only found through rows that refer to it; between these lines they refer to nothing.
    db.query.run(sql`pragma defer_foreign_keys = on`),
    db.query.run(sql`delete from keys where id in (${orphanedKeys})`),
    db.query.run(sql`delete from deploy_key_projects where project_id in (${ids})`),
    db.query.run(sql`pragma defer_foreign_keys = off`),
    ...deleteAgentParts(db, sql`select id from cluster_agents where project_id in (${ids})`),
    ...tablesOfProjects.map((table) => db.query.run(sql`delete from ${sql.identifier(table)} where project_id in (${ids})`)),
    ...partsOfMergeRequests.map((table) =>
      db.query.run(sql`
        delete from ${sql.identifier(table)}
        where merge_request_id in (select id from merge_requests where target_project_id in (${ids}))`),
    ),
    db.query.run(sql`delete from merge_requests where target_project_id in (${ids})`),
    // Labels and milestones of a project may be those of its own merge requests alone, which are gone.
    db.query.run(sql`delete from labels where project_id in (${ids})`),
    db.query.run(sql`delete from milestones where project_id in (${ids})`),
    db.query.run(sql`update merge_requests set source_project_id = null where source_project_id in (${ids})`),
    db.query.run(sql`update projects set forked_from_project_id = null where forked_from_project_id in (${ids})`),
    db.query.run(sql`delete from projects where id in (${ids})`),
  ];
}

const partsOfMergeRequests = ["merge_request_assignees", "merge_request_labels"] as const;

/** What holds nothing but rows of its project, besides what is named above. */
const tablesOfProjects = [
  "protected_branches",
  "protected_tags",
  "agent_authorizations",
  "cluster_agents",
  "alerts",
  "vulnerabilities",
  "vulnerability_scanners",
  "git_refs",
  "lfs_locks",
  "push_events",
  "web_hooks",
  "snippets",
  "members",
  "shares",
  "redirect_routes",
  "routes",
] as const;

/** The statements that delete what belongs to agents, before the agents themselves; `ids` is a subquery of agent ids. */
export function deleteAgentParts(db: Db, ids: SQL): Statements {
  return partsOfAgents.map((table) => db.query.run(sql`delete from ${sql.identifier(table)} where agent_id in (${ids})`));
}

/** Events name tokens, and go before them. */
const partsOfAgents = ["agent_authorizations", "agent_activity_events", "agent_registrations", "cluster_agent_tokens"] as const;

/**
 * The statements that delete namespaces, the groups below them, and the projects of all these, for the caller's batch.
 * `ids` is a subquery of namespace ids, which may read namespaces and nothing else: best ids that are known.
 */
export function deleteNamespaces(db: Db, ids: SQL): Statements {
  const tree = sql`
    with recursive tree (id) as (
      select id from namespaces where id in (${ids})
      union select n.id from tree join namespaces n on n.parent_id = tree.id)
    select id from tree`;
  return [
    ...deleteProjects(db, sql`select id from projects where namespace_id in (${tree})`),
    db.query.run(sql`
      delete from protected_ref_access_levels
      where protected_branch_id in (select id from protected_branches where namespace_id in (${tree})) or group_id in (${tree})`),
    db.query.run(sql`delete from shares where namespace_id in (${tree}) or group_id in (${tree})`),
    ...tablesOfNamespaces.map((table) => db.query.run(sql`delete from ${sql.identifier(table)} where namespace_id in (${tree})`)),
    db.query.run(sql`delete from namespaces where id in (${tree})`),
  ];
}

const tablesOfNamespaces = [
  "subscriptions",
  "add_on_purchases",
  "minutes_packs",
  "upcoming_reconciliations",
  "namespace_limits",
  "storage_exclusions",
  "agent_authorizations",
  "labels",
  "milestones",
  "web_hooks",
  "ssh_certificates",
  "protected_branches",
  "members",
  "redirect_routes",
  "routes",
  "namespace_ancestors",
] as const;
