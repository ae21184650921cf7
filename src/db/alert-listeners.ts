import { sql, type SQL } from "drizzle-orm";

/**
 * The ids of the web hooks that hear of a project's alerts: its own, and those of its namespace and of all groups above
 * (contract kas 13). Paused hooks are among them. The join is crossed so that it begins with the ancestors, which are few.
 */
export function alertListeners({ project, namespace }: { project: SQL; namespace: SQL }): SQL {
  return sql`
    select h.id from web_hooks h where h.project_id = ${project} and h.other_events ->> 'alert_events'
    union all
    select h.id from namespace_ancestors a cross join web_hooks h on h.namespace_id = a.ancestor_id
      where a.namespace_id = ${namespace} and h.other_events ->> 'alert_events'`;
}
