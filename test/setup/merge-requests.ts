import { eq } from "drizzle-orm";
import { labels, mergeRequestAssignees, mergeRequestLabels, mergeRequests, milestones } from "../../src/db/schema/index.ts";
import type { ProjectRow } from "../../src/db/projects.ts";
import { db } from "./world.ts";

export type MergeRequestRow = typeof mergeRequests.$inferSelect;

let lastIid = 1000;

/** An open merge request of a project's own, unless changed. */
export async function addMergeRequest(
  project: ProjectRow,
  values: Partial<typeof mergeRequests.$inferInsert> = {},
): Promise<MergeRequestRow> {
  const [row] = await db.query
    .insert(mergeRequests)
    .values({
      targetProjectId: project.id,
      sourceProjectId: project.id,
      iid: (lastIid += 1),
      sourceBranch: "topic",
      targetBranch: "main",
      title: "Title",
      ...values,
    })
    .returning();
  return row!;
}

/** All merge requests into a project with their assignees and the names of their labels, oldest first. */
export async function mergeRequestsInto(project: ProjectRow) {
  const rows = await db.query.select().from(mergeRequests).where(eq(mergeRequests.targetProjectId, project.id)).orderBy(mergeRequests.id);
  return Promise.all(rows.map(async (row) => ({ ...row, assigneeIds: await assigneesOf(row.id), labels: await labelsOf(row.id) })));
}

async function assigneesOf(id: number): Promise<number[]> {
  const rows = await db.query.select().from(mergeRequestAssignees).where(eq(mergeRequestAssignees.mergeRequestId, id));
  return rows.map(({ userId }) => userId).toSorted((a, b) => a - b);
}

async function labelsOf(id: number): Promise<string[]> {
  const rows = await db.query
    .select({ name: labels.name })
    .from(mergeRequestLabels)
    .innerJoin(labels, eq(labels.id, mergeRequestLabels.labelId))
    .where(eq(mergeRequestLabels.mergeRequestId, id));
  return rows.map(({ name }) => name).toSorted();
}

type ItemPlace = { projectId: number } | { namespaceId: number };

export async function addMilestone(place: ItemPlace, title: string, iid = 1) {
  const [row] = await db.query
    .insert(milestones)
    .values({ ...place, title, iid })
    .returning();
  return row!;
}

export async function addLabel(place: ItemPlace, name: string) {
  const [row] = await db.query
    .insert(labels)
    .values({ ...place, name, color: "#ff0000" })
    .returning();
  return row!;
}
