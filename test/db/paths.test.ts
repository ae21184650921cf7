import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { runBatch } from "../../src/db/batch.ts";
import { isUniqueViolation } from "../../src/db/constraint.ts";
import { createGroup } from "../../src/db/namespaces.ts";
import { movePath } from "../../src/db/paths.ts";
import { createProject, updateProject } from "../../src/db/projects.ts";
import { addGroup, addProject, db } from "../setup/world.ts";

const pathsLike = async (table: "routes" | "redirect_routes", pattern: string) => {
  const rows = await db.query.all<{ path: string }>(
    sql`select path from ${sql.identifier(table)} where path like ${pattern} order by path`,
  );
  return rows.map((row) => row.path);
};

it("everything below a group moves with it, and nothing that is only called alike", async () => {
  const group = await addGroup({ path: "a_b" });
  await addProject(await addGroup({ path: "sub", parent: group }), { path: "p" });
  await addProject(await addGroup({ path: "axb" }), { path: "p" });
  await addGroup({ path: "a_b-c" });
  await addGroup({ path: "a_b0" });
  await runBatch(db, movePath(db, { namespaceId: group.id }, "moved"));
  expect(await pathsLike("routes", "moved%")).toEqual(["moved", "moved/sub", "moved/sub/p"]);
  expect(await pathsLike("routes", "a%")).toEqual(["a_b-c", "a_b0", "axb", "axb/p"]);
  expect(await pathsLike("redirect_routes", "a%")).toEqual(["a_b", "a_b/sub", "a_b/sub/p"]);
});

it("one project moves alone; a former path that it takes leads nowhere else any more", async () => {
  const group = await addGroup({ path: "one" });
  const first = await addProject(group, { path: "x" });
  const second = await addProject(group, { path: "y" });
  await runBatch(db, movePath(db, { projectId: first.id }, "one/z"));
  await runBatch(db, movePath(db, { projectId: second.id }, "one/x"));
  expect(await pathsLike("routes", "one/%")).toEqual(["one/x", "one/z"]);
  expect(await pathsLike("redirect_routes", "one/%")).toEqual(["one/y"]);
});

it("a path that is taken refuses the whole move", async () => {
  const group = await addGroup({ path: "mover" });
  await addProject(group, { path: "p" });
  await addGroup({ path: "taken" });
  const move = runBatch(db, movePath(db, { namespaceId: group.id }, "Taken"));
  await expect(move).rejects.toSatisfy((error) => isUniqueViolation(error, "routes.path"));
  expect(await pathsLike("routes", "mover%")).toEqual(["mover", "mover/p"]);
  expect(await pathsLike("redirect_routes", "mover%")).toEqual([]);
});

it("what is made or renamed in a namespace stands where the namespace is by then, and takes a former path over", async () => {
  const parent = await addGroup({ path: "before" });
  const project = await addProject(parent, { path: "p" });
  await runBatch(db, movePath(db, { projectId: project.id }, "before/former"));
  await runBatch(db, movePath(db, { namespaceId: parent.id }, "after"));
  const made = await createProject(
    db,
    { name: "p", path: "P", namespaceId: parent.id, defaultBranch: "main" },
    { defaultBranchRule: { pushLevel: 40, mergeLevel: 40 }, ownerId: 1 },
  );
  const sub = await createGroup(db, { name: "s", path: "s", parentId: parent.id }, 1);
  const changed = await updateProject(db, project.id, { path: "q", attributes: {} });
  expect([made.fullPath, sub.fullPath, changed?.fullPath]).toEqual(["after/P", "after/s", "after/q"]);
  expect(await pathsLike("routes", "after%")).toEqual(["after", "after/P", "after/q", "after/s"]);
  expect(await pathsLike("routes", "before%")).toEqual([]);
  expect(await pathsLike("redirect_routes", "after%")).toEqual(["after/former"]);
  const owned = await db.query.all(sql`
    select (select count(*) from members where project_id = ${made.id} or namespace_id = ${sub.id}) as members,
      (select count(*) from protected_branches where project_id = ${made.id}) as rules,
      (select count(*) from namespace_ancestors where namespace_id = ${sub.id}) as levels`);
  expect(owned).toEqual([{ members: 2, rules: 1, levels: 2 }]);
});
