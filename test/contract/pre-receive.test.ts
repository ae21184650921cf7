import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import * as schema from "../../src/db/schema/index.ts";
import { runHourly } from "../../src/schedule/hourly.ts";
import { asRoot, asShell, call } from "../setup/call.ts";
import { shellCall } from "../setup/swapped.ts";
import { addGroup, addProject, db, unique } from "../setup/world.ts";

const path = "/internal/pre_receive";
const value = async (glRepository: string) => (await env.REFERENCE_COUNTER.getByName(glRepository).value()).value;
const down = { getByName: () => ({ increase: () => Promise.reject(new Error("object is down")) }) };

describe("counting a push in", () => {
  it("262 J172 raises the counter of exactly the name that was given", async () => {
    const reply = await asShell("POST", path, { json: { gl_repository: "wiki-7" } });
    expect(reply).toMatchObject({ status: 200, body: { reference_counter_increased: true } });
    expect(reply.headers.get("Content-Type")).toBe("application/json");
    expect(await value("wiki-7")).toBe(1);
    expect(await value("project-7")).toBe(0);
    expect(await value("project-7-wiki")).toBe(0);
  });

  it("asks nobody whether there is such a repository, and reads no name", async () => {
    for (const name of ["project-999999", "nothing at all", "'; drop table count", "ünï-1", "x".repeat(255), "half \ud83d"]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await asShell("POST", path, { json: { gl_repository: name, user_id: 7, more: [] } })).toMatchObject({
        status: 200,
        body: { reference_counter_increased: true },
      });
    }
  });

  it("refuses what can be no name, and counts nothing", async () => {
    const missing = { status: 400, body: { message: "400 Bad request - gl_repository is missing" } };
    const invalid = { status: 400, body: { message: "400 Bad request - gl_repository is invalid" } };
    expect(await asShell("POST", path, { json: {} })).toMatchObject(missing);
    expect(await asShell("POST", path, { json: { gl_repository: null } })).toMatchObject(missing);
    expect(await asShell("POST", path, { json: { gl_repository: "  " } })).toMatchObject(missing);
    expect(await asShell("POST", path, { json: { gl_repository: 7 } })).toMatchObject(invalid);
    expect(await asShell("POST", path, { json: { gl_repository: ["project-1"] } })).toMatchObject(invalid);
    expect(await asShell("POST", path, { json: { gl_repository: "x".repeat(256) } })).toMatchObject(invalid);
  });

  it("401 without the secret", async () => {
    expect(await call("POST", path, { json: { gl_repository: "project-90001" } })).toMatchObject({
      status: 401,
      body: { message: "401 Unauthorized" },
    });
  });

  it("J173 says false where the counter does not answer", async () => {
    const reply = await shellCall(path, { json: { gl_repository: "project-90001" } }, { REFERENCE_COUNTER: down });
    expect(reply).toMatchObject({ status: 200, body: { reference_counter_increased: false } });
  });

  it("asks once more where the platform says that it may help, and not where the object has too much to do", async () => {
    for (const [error, asked] of [
      [{ retryable: true }, 2],
      [{ retryable: true, overloaded: true }, 1],
    ] as const) {
      let count = 0;
      const increase = () => {
        count += 1;
        return Promise.reject(Object.assign(new Error("lost"), error));
      };
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await shellCall(path, { json: { gl_repository: "project-90001" } }, { REFERENCE_COUNTER: { getByName: () => ({ increase }) } });
      expect(count).toBe(asked);
    }
  });

  it("costs no round trip to D1 before its answer", async () => {
    const reply = await asShell("POST", path, { json: { gl_repository: unique("elsewhere-") } });
    expect(reply.headers.get("Server-Timing")).toContain('desc="0 trips');
  });
});

describe("what operators see of counters", () => {
  const increase = (name: string) => shellCall(path, { json: { gl_repository: name } });

  it("lists those above 0, gives one, and resets it", async () => {
    const name = unique("design-");
    await increase(name);
    await increase(name);
    const listed = await asRoot("GET", "/operator/counters?per_page=100");
    expect(listed.body).toContainEqual({ gl_repository: name, value: 2, expires_at: expect.stringMatching(/^2\d{3}-.*Z$/) });
    expect((await asRoot("GET", `/operator/counters/${name}`)).body).toMatchObject({ gl_repository: name, value: 2 });
    expect(await asRoot("DELETE", `/operator/counters/${name}`)).toMatchObject({ status: 204, body: undefined });
    expect((await asRoot("GET", `/operator/counters/${name}`)).body).toEqual({ gl_repository: name, value: 0, expires_at: null });
    expect(await asRoot("DELETE", `/operator/counters/${name}`)).toMatchObject({ status: 204 });
    const { body } = await asRoot("GET", "/operator/counters?per_page=100");
    expect(body.map((each: { gl_repository: string }) => each.gl_repository)).not.toContain(name);
  });

  it("a counter that nobody raised is 0; a name that can be none is 400", async () => {
    expect((await asRoot("GET", "/operator/counters/never-heard-of")).body).toEqual({
      gl_repository: "never-heard-of",
      value: 0,
      expires_at: null,
    });
    expect(await asRoot("GET", `/operator/counters/${"x".repeat(256)}`)).toMatchObject({ status: 400 });
    expect(await asRoot("GET", "/operator/counters/%20")).toMatchObject({ status: 400 });
  });

  it("a push is in progress while any counter of the project is above 0", async () => {
    const project = await addProject(await addGroup());
    const inProgress = async () => (await asRoot("GET", `/operator/projects/${project.id}/push_in_progress`)).body;
    expect(await inProgress()).toEqual({ push_in_progress: false });
    for (const name of ["project-N", "wiki-N", "project-N-wiki", "design-N"].map((each) => each.replace("N", String(project.id)))) {
      // oxlint-disable no-await-in-loop -- one after the other
      await increase(name);
      expect(await inProgress()).toEqual({ push_in_progress: true });
      await env.REFERENCE_COUNTER.getByName(name).decrease();
      expect(await inProgress()).toEqual({ push_in_progress: false });
      // oxlint-enable no-await-in-loop
    }
    expect(await asRoot("GET", "/operator/projects/999999/push_in_progress")).toMatchObject({ status: 404 });
    const byPath = await asRoot("GET", `/operator/projects/${encodeURIComponent(project.fullPath)}/push_in_progress`);
    expect(byPath.body).toEqual({ push_in_progress: false });
  });

  it("what has counted nothing for a day is forgotten by the hour", async () => {
    const rows = async () => (await db.query.select().from(schema.referenceCounters)).map(({ glRepository }) => glRepository);
    const now = new Date();
    const ago = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
    await db.query.insert(schema.referenceCounters).values([
      { glRepository: "old", value: 3, expiresAt: ago(25), version: 1 },
      { glRepository: "recent", value: 3, expiresAt: ago(23), version: 1 },
    ]);
    await runHourly(env, now);
    expect(await rows()).toContain("recent");
    expect(await rows()).not.toContain("old");
    const listed = await asRoot("GET", "/operator/counters?per_page=100");
    expect(listed.body.map((each: { gl_repository: string }) => each.gl_repository)).not.toContain("recent");
  });
});
