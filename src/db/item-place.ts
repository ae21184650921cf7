import { sql, type SQL } from "drizzle-orm";

/** The place that labels and milestones belong to: a project in its namespace, or without a project a group. */
export interface ItemPlace {
  projectId: number | null;
  namespaceId: number;
}

/** Whether a row of `table`, labels or milestones, is the place's own, as a condition. */
export function isOwnOf({ projectId, namespaceId }: ItemPlace, table: "l" | "m"): SQL {
  const t = sql.raw(table);
  return projectId === null ? sql`${t}.namespace_id = ${namespaceId}` : sql`${t}.project_id = ${projectId}`;
}

/** The same, or that of a group above. */
export function isAvailableIn(place: ItemPlace, table: "l" | "m"): SQL {
  const t = sql.raw(table);
  const above = sql`select ancestor_id from namespace_ancestors where namespace_id = ${place.namespaceId}`;
  return sql`(${isOwnOf(place, table)} or ${t}.namespace_id in (${above}))`;
}

/** What a row belongs to when it is written: exactly one of the two columns. */
export function ownerColumns({ projectId, namespaceId }: ItemPlace) {
  return { projectId, namespaceId: projectId === null ? namespaceId : null };
}
