import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { alerts } from "../../src/db/schema/index.ts";
import { alertsOf, ciliumAlert, raise } from "../setup/alerts.ts";
import { asRoot, call, withToken, type Reply } from "../setup/call.ts";
import { addAgent, addGroup, addMember, addProject, addToken, addUser, db, type Group, type Project } from "../setup/world.ts";

type Call = ReturnType<typeof withToken>;
let group: Group;
let asAda: Call;
let asReporter: Call;
let asEve: Call;
let project: Project;
let token: string;
let path: string;

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const notFound = { message: "404 Not found" };
const forbidden = { message: "403 Forbidden" };
const noProject = { message: "404 Project Not Found" };

async function aMember(level: number | null): Promise<Call> {
  const user = await addUser();
  if (level !== null) await addMember(user, { group }, level);
  return withToken(await addToken(user));
}

beforeAll(async () => {
  group = await addGroup();
  [asAda, asReporter, asEve] = [await aMember(30), await aMember(20), await aMember(null)];
});
beforeEach(async () => {
  project = await addProject(group);
  ({ token } = await addAgent(project));
  path = `/projects/${project.id}/alert_management_alerts`;
});

const iidsOf = (reply: Reply): number[] => reply.body.map(({ iid }: { iid: number }) => iid);
const put = (iid: number | string, status: unknown, as: Call = asAda) => as("PUT", `${path}/${iid}`, { json: { status } });

describe("GET /projects/:id/alert_management_alerts/:iid", () => {
  it("shows an alert to developers", async () => {
    const payload = { ...ciliumAlert, service: "db", hosts: ["a", "b"], severity: "low", start_time: "2021-06-13T12:00:00.5Z" };
    await raise(token, payload);
    const [stored] = await alertsOf(project);
    const reply = await asAda("GET", `/projects/${encodeURIComponent(project.fullPath)}/alert_management_alerts/1`);
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({
      iid: 1,
      title: "deny-db-from-web",
      description: "DROPPED",
      service: "db",
      monitoring_tool: "Cilium",
      hosts: ["a", "b"],
      severity: "low",
      status: "triggered",
      events: 1,
      started_at: "2021-06-13T12:00:00.500Z",
      ended_at: null,
      environment: null,
      domain: "threat_monitoring",
      fingerprint: stored!.fingerprint,
      payload,
      created_at: stored!.createdAt.toISOString(),
      updated_at: stored!.updatedAt.toISOString(),
    });
    expect(Object.keys(reply.body)).toEqual(
      "iid title description service monitoring_tool hosts severity status events started_at ended_at environment domain fingerprint payload created_at updated_at".split(
        " ",
      ),
    );
  });

  it("shows a payload of a megabyte", async () => {
    await raise(token, { title: "large", text: "ä".repeat(500_000) });
    expect((await asAda("GET", `${path}/1`)).body.payload.text).toHaveLength(500_000);
  });

  it("is for developers; who may not see the project is not told of it", async () => {
    await raise(token, ciliumAlert);
    for (const address of [path, `${path}/1`]) {
      expect(await asReporter("GET", address)).toMatchObject({ status: 403, body: forbidden });
      expect(await asEve("GET", address)).toMatchObject({ status: 404, body: noProject });
      expect(await call("GET", address)).toMatchObject({ status: 401, body: { message: "401 Unauthorized" } });
      expect((await asRoot("GET", address)).status).toBe(200);
    }
    expect(await put(1, "resolved", asReporter)).toMatchObject({ status: 403, body: forbidden });
    expect(await put(1, "resolved", asEve)).toMatchObject({ status: 404, body: noProject });
    expect(await alertsOf(project)).toMatchObject([{ status: "triggered" }]);
  });

  it("finds alerts of the project alone, by their numbers there", async () => {
    const elsewhere = await addAgent(await addProject(group));
    await raise(elsewhere.token, ciliumAlert);
    const [{ id }] = (await db.query.select({ id: alerts.id }).from(alerts).limit(1)) as [{ id: number }];
    for (const iid of [1, id, 0, -1, "1.0", "x", "9007199254740993", "9".repeat(400), "%00"]) {
      for (const reply of [await asAda("GET", `${path}/${iid}`), await put(iid, "resolved")]) {
        expect([iid, reply.status, reply.body]).toEqual([iid, 404, notFound]);
      }
    }
  });
});

describe("GET /projects/:id/alert_management_alerts", () => {
  it("lists alerts, newest first, in pages", async () => {
    for (const title of ["one", "two", "three"]) await raise(token, { title });
    const all = await asAda("GET", path);
    expect([all.status, iidsOf(all), all.headers.get("X-Total")]).toEqual([200, [3, 2, 1], "3"]);
    expect(all.body[0]).toEqual((await asAda("GET", `${path}/3`)).body);
    const second = await asAda("GET", `${path}?per_page=1&page=2`);
    expect([iidsOf(second), second.headers.get("X-Next-Page")]).toEqual([[2], "3"]);
    expect(iidsOf(await asAda("GET", `${path}?page=9`))).toEqual([]);
    expect((await asAda("GET", `${path}?pagination=keyset`)).status).toBe(405);
  });

  it("lists those of a status", async () => {
    for (const title of ["one", "two", "three"]) await raise(token, { title });
    await put(1, "resolved");
    await put(3, "ignored");
    expect(iidsOf(await asAda("GET", `${path}?status=resolved`))).toEqual([1]);
    expect(iidsOf(await asAda("GET", `${path}?status=triggered`))).toEqual([2]);
    expect(iidsOf(await asAda("GET", `${path}?status=acknowledged`))).toEqual([]);
    const refused = await asAda("GET", `${path}?status=open`);
    expect([refused.status, refused.body]).toEqual([400, { error: "status does not have a valid value" }]);
  });

  it("leaves out payloads of more than 16 KiB, and nothing else", async () => {
    const ofBytes = (bytes: number) => ({ title: "x".repeat(bytes - '{"title":""}'.length) });
    const sizes = [16 * 1024, 16 * 1024 + 1, 1024 * 1024];
    for (const size of sizes) await raise(token, ofBytes(size));
    await raise(token, { title: "ä".repeat(9000) });
    const { body } = await asAda("GET", path);
    expect(body.toReversed().map(({ payload }: { payload: unknown }) => payload)).toEqual([ofBytes(16 * 1024), null, null, null]);
    expect(body[0]).toEqual({ ...(await asAda("GET", `${path}/4`)).body, payload: null });
  });

  it("is none of a project's that has none", async () => {
    expect(await asAda("GET", path)).toMatchObject({ status: 200, body: [] });
  });
});

describe("PUT /projects/:id/alert_management_alerts/:iid", () => {
  it("says when an alert that is resolved ended, and that one that is open again has not", async () => {
    await raise(token, ciliumAlert);
    const before = (await asAda("GET", `${path}/1`)).body;
    const resolved = await put(1, "resolved");
    expect(resolved.status).toBe(200);
    expect(resolved.body).toEqual({ ...before, status: "resolved", ended_at: instant, updated_at: instant });
    expect(resolved.body.ended_at >= before.created_at).toBe(true);
    expect(resolved.body.updated_at).toBe(resolved.body.ended_at);
    const again = await put(1, "resolved");
    expect([again.status, again.body.ended_at]).toEqual([200, resolved.body.ended_at]);
    for (const status of ["triggered", "acknowledged", "ignored", "ignored"]) {
      expect(await put(1, status)).toMatchObject({ status: 200, body: { status, ended_at: null, payload: ciliumAlert } });
    }
    expect((await asAda("GET", `${path}/1`)).body).toMatchObject({ status: "ignored", ended_at: null });
  });

  it("needs one of the four statuses", async () => {
    await raise(token, ciliumAlert);
    for (const status of ["open", "Resolved", "", 1]) {
      const reply = await put(1, status);
      expect([status, reply.status, reply.body]).toEqual([status, 400, { error: "status does not have a valid value" }]);
    }
    expect(await asAda("PUT", `${path}/1`, { json: {} })).toMatchObject({ status: 400, body: { error: "status is missing" } });
    expect((await put(1, ["resolved"])).body).toEqual({ error: "status is invalid" });
  });

  it("opens no alert beside another one with its fingerprint", async () => {
    await raise(token, ciliumAlert);
    await put(1, "resolved");
    await raise(token, ciliumAlert);
    for (const status of ["triggered", "acknowledged", "ignored"]) {
      const reply = await put(1, status);
      expect([reply.status, reply.body]).toEqual([400, { message: "400 Bad request - Another alert with the same fingerprint is open" }]);
    }
    expect(await alertsOf(project)).toMatchObject([{ status: "resolved" }, { status: "triggered" }]);
    await put(2, "resolved");
    expect((await put(1, "triggered")).status).toBe(200);
  });

  it("opens one of several that are to be opened at once", async () => {
    for (const iid of [1, 2, 3]) {
      await raise(token, ciliumAlert);
      await put(iid, "resolved");
    }
    const replies = await Promise.all([1, 2, 3].map((iid) => put(iid, "triggered")));
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400]);
  });

  it("opens alerts without a fingerprint as it is told", async () => {
    for (const iid of [1, 2]) {
      await raise(token, {});
      await put(iid, "resolved");
    }
    expect([(await put(1, "triggered")).status, (await put(2, "triggered")).status]).toEqual([200, 200]);
  });

  it("needs the scope api", async () => {
    await raise(token, ciliumAlert);
    const user = await addUser();
    await addMember(user, { group }, 30);
    const reads = withToken(await addToken(user, { scopes: ["read_api"] }));
    expect((await reads("GET", `${path}/1`)).status).toBe(200);
    expect((await reads("PUT", `${path}/1`, { json: { status: "resolved" } })).status).toBe(403);
  });
});
