import { eq } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { vulnerabilities } from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { asKas } from "../setup/call.ts";
import {
  addVulnerability,
  report,
  reportNew,
  scanResult,
  starboardReport,
  storedVulnerabilities,
  storedVulnerability,
} from "../setup/starboard.ts";
import { addAgent, addGroup, addMember, addProject, addUser, db, type Project } from "../setup/world.ts";

const done = { status: 200, body: 200 };

let bob: UserRow;
let project: Project;
let agent: Awaited<ReturnType<typeof addAgent>>;

beforeAll(async () => {
  bob = await addUser();
});

beforeEach(async () => {
  project = await addProject(await addGroup());
  await addMember(bob, { project }, 40);
  agent = await addAgent(project, { createdByUserId: bob.id });
});

const setState = (uuid: string, values: Partial<typeof vulnerabilities.$inferInsert>) =>
  db.query.update(vulnerabilities).set(values).where(eq(vulnerabilities.uuid, uuid));
const states = async () => (await storedVulnerabilities(project.id)).map((row) => row.state);

describe("POST …/starboard_vulnerability/scan_result", () => {
  it("196 resolves what a scan did not find again", async () => {
    const uuids = [];
    for (let count = 0; count < 4; count += 1) uuids.push(await reportNew(agent.token));
    await setState(uuids[3]!, { state: "confirmed", confirmedAt: new Date() });
    const before = await storedVulnerabilities(project.id);
    const begun = Date.now();
    expect(await scanResult(agent.token, uuids.slice(0, 2))).toMatchObject(done);
    const after = await storedVulnerabilities(project.id);
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    for (const [index, row] of after.slice(2).entries()) {
      expect(row).toEqual({
        ...before[index + 2],
        state: "resolved",
        isResolvedOnDefaultBranch: true,
        confirmedAt: null,
        resolvedAt: row.updatedAt,
        updatedAt: row.updatedAt,
      });
      expect(row.updatedAt.getTime()).toBeGreaterThanOrEqual(begun);
    }
  });

  it("197 leaves what other analyses found, and what was found elsewhere", async () => {
    await reportNew(agent.token);
    const other = await addProject(await addGroup());
    const kept = [
      await addVulnerability(project.id, { agentId: agent.agent.id, reportType: "sast" }),
      await addVulnerability(project.id),
      await addVulnerability(other.id, { agentId: agent.agent.id }),
    ];
    expect(await scanResult(agent.token, [])).toMatchObject(done);
    for (const row of kept) expect(await storedVulnerability(row.uuid)).toEqual(row);
    expect(await states()).toEqual(["resolved", "detected", "detected"]);
  });

  it("198 leaves what another agent of the project found", async () => {
    const other = await addAgent(project, { createdByUserId: bob.id });
    await report(agent.token, starboardReport());
    await report(other.token, starboardReport());
    expect(await scanResult(agent.token, [])).toMatchObject(done);
    expect(await states()).toEqual(["resolved", "detected"]);
  });

  it.each([{ state: "dismissed" } as const, { state: "resolved", resolvedAt: new Date(0) } as const])(
    "leaves what is %o",
    async (values) => {
      await setState(await reportNew(agent.token), values);
      const before = await storedVulnerabilities(project.id);
      expect(await scanResult(agent.token, [])).toMatchObject(done);
      expect(await storedVulnerabilities(project.id)).toEqual(before);
    },
  );

  it("takes a list that names nothing it knows, or the same again and again", async () => {
    const uuid = await reportNew(agent.token);
    await reportNew(agent.token);
    expect(await scanResult(agent.token, ["", "x", "\u0000", "\ud800", "' or 1", uuid.toUpperCase(), uuid, uuid])).toMatchObject(done);
    expect(await states()).toEqual(["detected", "resolved"]);
  });

  it("takes as many as a body holds", async () => {
    const uuid = await reportNew(agent.token);
    await reportNew(agent.token);
    const many = Array.from({ length: 100_000 }, () => crypto.randomUUID());
    expect(await scanResult(agent.token, [...many, uuid])).toMatchObject(done);
    expect(await states()).toEqual(["detected", "resolved"]);
    expect((await scanResult(agent.token, ["x".repeat(3_500_000)])).status).toBe(200);
  });

  it("takes a form", async () => {
    const uuid = await reportNew(agent.token);
    await reportNew(agent.token);
    const sent = { agentToken: agent.token, form: `uuids[]=${uuid}` };
    expect(await asKas("POST", "/modules/starboard_vulnerability/scan_result/", sent)).toMatchObject(done);
    expect(await states()).toEqual(["detected", "resolved"]);
  });

  it.each([
    ["200 a number", { uuids: -1 }, "uuids is invalid"],
    ["a text", { uuids: "" }, "uuids is invalid"],
    ["an object", { uuids: {} }, "uuids is invalid"],
    ["numbered elements of an object", { uuids: { 0: "a" } }, "uuids is invalid"],
    ["null", { uuids: null }, "uuids is invalid"],
    ["a list of numbers", { uuids: ["a", 1] }, "uuids[1] is invalid"],
    ["a very long list of numbers", { uuids: Array.from({ length: 1_000_000 }, () => 1) }, "uuids[0] is invalid"],
    ["a list of lists", { uuids: [["a"]] }, "uuids[0] is invalid"],
    ["nothing", {}, "uuids is missing"],
  ])("refuses %s, and resolves nothing", async (_, json, error) => {
    await reportNew(agent.token);
    const reply = await asKas("POST", "/modules/starboard_vulnerability/scan_result", { agentToken: agent.token, json });
    expect([reply.status, reply.body]).toEqual([400, { error }]);
    expect(await states()).toEqual(["detected"]);
  });

  it("asks for the token first, then for the list, then for the creator's right", async () => {
    expect(await scanResult("glagent-unknown", -1)).toMatchObject({ status: 401, body: { message: "401 Unauthorized" } });
    const nobodys = await addAgent(project);
    expect((await scanResult(nobodys.token, -1)).status).toBe(400);
    expect(await scanResult(nobodys.token, [])).toMatchObject({ status: 403, body: { message: "403 Forbidden" } });
    const ada = await addUser();
    await addMember(ada, { project }, 30);
    const adas = await addAgent(project, { createdByUserId: ada.id });
    expect(await scanResult(adas.token, [])).toMatchObject({ status: 403, body: { message: "403 Forbidden" } });
  });

  it("beside a report of the same finding leaves it as one of them came last", async () => {
    await report(agent.token, starboardReport());
    const replies = await Promise.all([scanResult(agent.token, []), report(agent.token, starboardReport()), scanResult(agent.token, [])]);
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
    const [row] = await storedVulnerabilities(project.id);
    expect([row!.state, row!.isResolvedOnDefaultBranch, row!.resolvedAt !== null]).toEqual(
      row!.state === "resolved" ? ["resolved", true, true] : ["detected", false, false],
    );
  });
});

describe("GET …/starboard_vulnerability/policies_configuration", () => {
  const path = "/modules/starboard_vulnerability/policies_configuration";

  it("202 names no policies, with or without a slash behind it", async () => {
    for (const each of [path, `${path}/`]) {
      expect(await asKas("GET", each, { agentToken: agent.token })).toMatchObject({ status: 200, body: { configurations: [] } });
    }
  });

  it("asks for the token of an agent", async () => {
    for (const credentials of [{}, { agentToken: "glagent-unknown" }]) {
      expect(await asKas("GET", path, credentials)).toMatchObject({ status: 401, body: { message: "401 Unauthorized" } });
    }
  });
});
