import { beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../../src/db/schema/index.ts";
import type { UserRow } from "../../../src/db/users.ts";
import { ask, byUser, push, refused } from "../../setup/allowed.ts";
import { asShell } from "../../setup/call.ts";
import { newrev, oldrev } from "../../setup/facts.ts";
import { addGroup, addMember, addProject, addUser, db, type Project } from "../../setup/world.ts";

let ada: UserRow;
let project: Project;
const here = () => ({ ...push, ...byUser(ada), gl_repository: `project-${project.id}` });
const lines = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => `${oldrev} ${newrev} refs/heads/${prefix}-${String(index).padStart(20, "0")}`);

beforeAll(async () => {
  ada = await addUser();
  project = await addProject(await addGroup(), { isRepositoryEmpty: false });
  await addMember(ada, { project }, 30);
  const [rule] = await db.query.insert(schema.protectedBranches).values({ projectId: project.id, name: "stable-*" }).returning();
  await db.query.insert(schema.protectedRefAccessLevels).values({ protectedBranchId: rule!.id, action: "push", accessLevel: 40 });
});

describe("a push of 100,000 refs, 11.6 MB", () => {
  it("is decided with one round trip, and as many rows as one of a single ref", async () => {
    const one = await ask({ ...here(), changes: lines(1, "branch").join("\n") });
    const many = await ask({ ...here(), changes: lines(100_000, "branch").join("\n") });
    expect([one.status, many.status]).toEqual([200, 200]);
    const cost = (reply: { headers: Headers }) => reply.headers.get("Server-Timing")!.replace(/dur=\d+/, "");
    expect(cost(many)).toBe(cost(one));
    expect(cost(many)).toContain("1 trip,");
  });

  it("is refused for its last ref", async () => {
    const reply = await ask({ ...here(), changes: [...lines(99_999, "branch"), `${oldrev} ${newrev} refs/heads/stable-1`].join("\n") });
    expect({ status: reply.status, body: reply.body }).toEqual(
      refused("You are not allowed to push code to protected branches on this project."),
    );
  });

  it("is malformed for its last line", async () => {
    const reply = await ask({ ...here(), changes: [...lines(99_999, "branch"), "nonsense"].join("\n") });
    expect(reply.body).toEqual({ status: false, message: "400 Bad request - changes is invalid" });
  });

  it("may be a list", async () => {
    expect((await ask({ ...here(), changes: lines(100_000, "branch") })).status).toBe(200);
    expect((await ask({ ...here(), changes: [...lines(50_000, "branch"), ...lines(1, "stable")] })).status).toBe(401);
  });

  it("takes time by how many refs it has, not by their square", async () => {
    const time = async (count: number) => {
      const changes = lines(count, "branch").join("\n");
      const started = performance.now();
      await ask({ ...here(), changes });
      return performance.now() - started;
    };
    await time(10_000);
    const few = Math.min(await time(10_000), await time(10_000), await time(10_000));
    const many = Math.min(await time(100_000), await time(100_000));
    expect(many).toBeLessThan(40 * few);
  });
});

it("names that are longer together than D1 takes are judged all the same", async () => {
  const tags = Array.from({ length: 900 }, (_, index) => `${oldrev} ${newrev} refs/tags/${"\u0001".repeat(3900)}${index}`);
  const form = new URLSearchParams({ ...here(), changes: tags.join("\n") }).toString();
  const reply = await asShell("POST", "/internal/allowed", { form });
  expect([reply.status, reply.body.message]).toEqual([401, "You cannot create a tag with a prohibited pattern."]);
});

describe("what is too large", () => {
  it("more than 16 MiB is refused unread", async () => {
    const headers = { "Content-Type": "application/json" };
    const raw = JSON.stringify({ ...here(), changes: lines(150_000, "branch").join("\n") });
    expect(raw.length).toBeGreaterThan(16 * 1024 * 1024);
    const reply = await asShell("POST", "/internal/allowed", { raw, headers });
    expect([reply.status, reply.body]).toEqual([413, { status: false, message: "413 Request Entity Too Large" }]);
  });

  it("one endless line is no change", async () => {
    const started = performance.now();
    expect((await ask({ ...here(), changes: "a".repeat(15_000_000) })).status).toBe(400);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
