import { beforeAll, describe, expect, it } from "vitest";
import { asRoot, call, withToken } from "../setup/call.ts";
import { addVulnerability, report, reportNew, scanResult, starboardReport, storedVulnerability } from "../setup/starboard.ts";
import { addAgent, addGroup, addMember, addProject, addToken, addUser, type Project } from "../setup/world.ts";

type Call = ReturnType<typeof withToken>;

const notFound = { message: "404 Not found" };
const forbidden = { message: "403 Forbidden" };
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const cves = (count: number) => Array.from({ length: count }, (_, index) => ({ type: "cve", name: `CVE-2023-${index}` }));

let project: Project;
let open: Project;
let list: string;
let findings: string;
let agent: Awaited<ReturnType<typeof addAgent>>;
let bobId: number;
let asBob: Call;
let asAda: Call;
let asReporter: Call;
let asEve: Call;

async function aMember(level: number | null, place: Project = project): Promise<{ id: number; as: Call }> {
  const user = await addUser();
  if (level !== null) await addMember(user, { project: place }, level);
  return { id: user.id, as: withToken(await addToken(user)) };
}

beforeAll(async () => {
  const engines = await addGroup({ name: "Engines" });
  project = await addProject(engines, { name: "Analytical", description: "Mill and store" });
  open = await addProject(engines, { visibility: "public" });
  ({ id: bobId, as: asBob } = await aMember(40));
  asAda = (await aMember(30)).as;
  asReporter = (await aMember(20)).as;
  asEve = (await aMember(null)).as;
  agent = await addAgent(project, { createdByUserId: bobId });
  list = `/projects/${project.id}/vulnerabilities`;
  findings = `/projects/${project.id}/vulnerability_findings`;
});

/** A new one; its id. */
async function aVulnerability(vulnerability: Record<string, unknown> = {}): Promise<number> {
  return (await storedVulnerability(await reportNew(agent.token, vulnerability))).id;
}
async function inState(state: "detected" | "confirmed" | "dismissed" | "resolved"): Promise<number> {
  return (await addVulnerability(project.id, { state })).id;
}

describe("a vulnerability", () => {
  it("is shown with what was found, and its project", async () => {
    const { uuid } = (await report(agent.token, starboardReport())).body;
    const { id } = await storedVulnerability(uuid);
    const reply = await asAda("GET", `/vulnerabilities/${id}`);
    expect(reply.status).toBe(200);
    const sent = starboardReport().vulnerability;
    expect(reply.body).toEqual({
      id,
      title: "CVE-2023-10001 in libc",
      description: "Buffer overflow in the resolver.",
      state: "detected",
      severity: "high",
      confidence: "unknown",
      report_type: "cluster_image_scanning",
      project: {
        id: project.id,
        description: "Mill and store",
        name: "Analytical",
        name_with_namespace: "Engines / Analytical",
        path: project.path,
        path_with_namespace: project.fullPath,
        created_at: project.createdAt.toISOString(),
      },
      finding: {
        id,
        uuid,
        name: "CVE-2023-10001 in libc",
        severity: "high",
        confidence: "unknown",
        location: sent["location"],
        identifiers: sent["identifiers"],
        scanner: { external_id: "starboard_trivy", name: "Trivy (via Starboard Operator)", vendor: "GitLab" },
        links: sent["links"],
        solution: "Update libc to 2.38.",
        message: null,
        vulnerability_id: id,
      },
      author_id: bobId,
      resolved_on_default_branch: false,
      created_at: time,
      updated_at: time,
      confirmed_at: null,
      dismissed_at: null,
      resolved_at: null,
      dismissal_comment: null,
    });
    const listed = await asAda("GET", list);
    expect(listed.body).toEqual([reply.body]);
    expect((await asAda("GET", findings)).body).toEqual([reply.body.finding]);
  });

  it.each(["999999999", "0", "-1", "abc", "1e3", "9".repeat(30), "%00"])("404 where there is none: %s", async (id) => {
    for (const [method, path] of [
      ["GET", ""],
      ["POST", "/confirm"],
      ["POST", "/dismiss"],
    ] as const) {
      expect(await asRoot(method, `/vulnerabilities/${id}${path}`)).toMatchObject({ status: 404, body: notFound });
    }
  });

  it("404 to who may not see the project, 403 to who may see it and no more", async () => {
    const hidden = await aVulnerability();
    const { id: shown } = await addVulnerability(open.id);
    for (const [method, path] of [
      ["GET", ""],
      ["POST", "/confirm"],
      ["POST", "/dismiss"],
      ["POST", "/resolve"],
      ["POST", "/revert"],
    ] as const) {
      expect(await asEve(method, `/vulnerabilities/${hidden}${path}`)).toMatchObject({ status: 404, body: notFound });
      expect(await asEve(method, `/vulnerabilities/${shown}${path}`)).toMatchObject({ status: 403, body: forbidden });
      expect(await asReporter(method, `/vulnerabilities/${hidden}${path}`)).toMatchObject({ status: 403, body: forbidden });
      expect((await call(method, `/vulnerabilities/${shown}${path}`)).status).toBe(401);
    }
    expect((await asAda("GET", `/vulnerabilities/${hidden}`)).status).toBe(200);
    expect(await asAda("POST", `/vulnerabilities/${hidden}/confirm`)).toMatchObject({ status: 403, body: forbidden });
    expect((await asRoot("GET", `/vulnerabilities/${hidden}`)).body.state).toBe("detected");
  });
});

describe("the vulnerabilities of a project", () => {
  it("are for its developers", async () => {
    for (const path of [list, findings]) {
      expect((await asAda("GET", path)).status).toBe(200);
      expect(await asReporter("GET", path)).toMatchObject({ status: 403, body: forbidden });
      expect(await asEve("GET", path)).toMatchObject({ status: 404, body: { message: "404 Project Not Found" } });
      expect((await call("GET", path)).status).toBe(401);
    }
    expect((await asEve("GET", `/projects/${open.id}/vulnerabilities`)).status).toBe(403);
  });

  it("come newest first, by page, and counted", async () => {
    const place = await addProject(await addGroup());
    const ids = [];
    for (let count = 0; count < 5; count += 1) ids.unshift((await addVulnerability(place.id)).id);
    for (const path of ["vulnerabilities", "vulnerability_findings"]) {
      const pages = [];
      for (const page of [1, 2, 3, 4]) pages.push(await asRoot("GET", `/projects/${place.id}/${path}?per_page=2&page=${page}`));
      expect(pages.map(({ body }) => body.map((row: { id: number }) => row.id))).toEqual([
        ids.slice(0, 2),
        ids.slice(2, 4),
        ids.slice(4),
        [],
      ]);
      expect(pages[0]!.headers.get("X-Total")).toBe("5");
      expect(pages[0]!.headers.get("X-Next-Page")).toBe("2");
      expect((await asRoot("GET", `/projects/${place.id}/${path}?pagination=keyset`)).status).toBe(405);
    }
  });

  it("are found by severity and confidence", async () => {
    const place = await addProject(await addGroup());
    const rows = [
      ["critical", "low"],
      ["high", "low"],
      ["info", "confirmed"],
      ["high", "confirmed"],
      ["low", "unknown"],
    ] as const;
    for (const [severity, confidence] of rows) await addVulnerability(place.id, { severity, confidence });
    const found = async (query: string) => {
      const { body, headers } = await asRoot("GET", `/projects/${place.id}/vulnerability_findings?${query}`);
      expect(headers.get("X-Total")).toBe(String(body.length));
      return body.map((row: { severity: string; confidence: string }) => `${row.severity} ${row.confidence}`);
    };
    const all = rows.map((row) => row.join(" ")).toReversed();
    expect(await found("severity=high")).toEqual(["high confirmed", "high low"]);
    expect(await found("severity=critical,high,high")).toEqual(["high confirmed", "high low", "critical low"]);
    expect(await found("severity[]=info&severity[]=low")).toEqual(["low unknown", "info confirmed"]);
    expect(await found("confidence=low,unknown")).toEqual(["low unknown", "high low", "critical low"]);
    expect(await found("severity=high,info&confidence=confirmed")).toEqual(["high confirmed", "info confirmed"]);
    expect(await found("severity=medium")).toEqual([]);
    expect(await found("severity=&confidence=")).toEqual(all);
    expect(await found("severity=info,unknown,low,medium,high,critical")).toEqual(all);
  });

  it.each([
    ["severity=nonsense", "severity[0] does not have a valid value"],
    ["severity=high,HIGH", "severity[1] does not have a valid value"],
    ["confidence=critical", "confidence[0] does not have a valid value"],
    ["severity[a]=1", "severity is invalid"],
  ])("refuses %s", async (query, error) => {
    expect(await asAda("GET", `${findings}?${query}`)).toMatchObject({ status: 400, body: { error } });
  });

  it("are shown in part where a list of them would be too much, and whole by themselves", async () => {
    const own = await addProject(await addGroup());
    const user = await addUser();
    await addMember(user, { project: own }, 40);
    const { token } = await addAgent(own, { createdByUserId: user.id });
    const long = {
      name: "n".repeat(20_000),
      description: "💥".repeat(5_000),
      message: "m".repeat(16_384),
      solution: "s".repeat(16_385),
      location: { image: "i".repeat(20_000) },
      identifiers: cves(1000),
      links: Array.from({ length: 1000 }, (_, index) => ({ url: `https://example.test/${index}` })),
    };
    const { uuid } = (await report(token, starboardReport({ vulnerability: long }))).body;
    const { id } = await storedVulnerability(uuid);
    const whole = (await asRoot("GET", `/vulnerabilities/${id}`)).body;
    expect({ ...whole.finding, description: whole.description }).toMatchObject(long);
    const part = (await asRoot("GET", `/projects/${own.id}/vulnerabilities`)).body[0];
    expect(part).toEqual({
      ...whole,
      description: "💥".repeat(4096),
      finding: { ...whole.finding, name: "n".repeat(4096), solution: "s".repeat(4096), location: {}, identifiers: [], links: [] },
    });
    expect((await asRoot("GET", `/projects/${own.id}/vulnerability_findings`)).body).toEqual([part.finding]);
  });

  it("of a megabyte each are listed a hundred at once", { timeout: 60_000 }, async () => {
    const own = await addProject(await addGroup());
    const big = { location: { image: "i".repeat(1_000_000) } };
    for (let count = 0; count < 100; count += 1) await addVulnerability(own.id, big);
    const reply = await asRoot("GET", `/projects/${own.id}/vulnerability_findings?per_page=100`);
    expect([reply.status, reply.body.length]).toEqual([200, 100]);
  });
});

describe("POST /vulnerabilities/:id/{confirm,dismiss,resolve,revert}", () => {
  const stamps = { confirmed_at: null, dismissed_at: null, resolved_at: null, dismissal_comment: null };
  const changes = [
    ["confirm", "confirmed", { ...stamps, confirmed_at: time }],
    ["dismiss", "dismissed", { ...stamps, dismissed_at: time }],
    ["resolve", "resolved", { ...stamps, resolved_at: time }],
    ["revert", "detected", stamps],
  ] as const;
  const states = ["detected", "confirmed", "dismissed", "resolved"] as const;
  const table = changes.flatMap(([action, state, shown]) => states.map((from) => ({ action, from, state, shown })));

  it.each(table)("$action of one that is $from", async ({ action, from, state, shown }) => {
    const id = await inState(from);
    const before = (await asBob("GET", `/vulnerabilities/${id}`)).body;
    const reply = await asBob("POST", `/vulnerabilities/${id}/${action}`);
    const after = (await asBob("GET", `/vulnerabilities/${id}`)).body;
    if (from === state) {
      expect([reply.status, reply.body, reply.headers.get("Content-Type")]).toEqual([304, undefined, null]);
      expect(after).toEqual(before);
      return;
    }
    expect([reply.status, reply.body]).toEqual([201, after]);
    expect(after).toEqual({ ...before, ...shown, state, updated_at: after.updated_at });
    expect(Date.parse(after.updated_at)).toBeGreaterThanOrEqual(Date.parse(before.updated_at));
  });

  it("says since when it is in the state that it is in, and of no other", async () => {
    const id = await aVulnerability();
    const change = async (action: string, json = {}) => (await asBob("POST", `/vulnerabilities/${id}/${action}`, { json })).body;
    expect(await change("confirm")).toMatchObject({ ...stamps, state: "confirmed", confirmed_at: time });
    expect(await change("dismiss", { comment: "Not ours." })).toMatchObject({
      ...stamps,
      dismissed_at: time,
      dismissal_comment: "Not ours.",
    });
    expect(await change("resolve", { comment: "Ignored" })).toMatchObject({ ...stamps, resolved_at: time });
    expect(await change("revert")).toMatchObject({ ...stamps, state: "detected" });
  });

  it("keeps the comment of who dismissed it first", async () => {
    const id = await aVulnerability();
    expect((await asBob("POST", `/vulnerabilities/${id}/dismiss`, { json: { comment: "first" } })).status).toBe(201);
    expect((await asBob("POST", `/vulnerabilities/${id}/dismiss`, { json: { comment: "second" } })).status).toBe(304);
    expect((await asAda("GET", `/vulnerabilities/${id}`)).body.dismissal_comment).toBe("first");
  });

  it("takes a comment of 50,000 characters, and no more", async () => {
    const id = await aVulnerability();
    const dismiss = (comment: unknown) => asBob("POST", `/vulnerabilities/${id}/dismiss`, { json: { comment } });
    const tooLong = { message: { comment: ["is too long (maximum is 50000 characters)"] } };
    expect(await dismiss("x".repeat(50_001))).toMatchObject({ status: 400, body: tooLong });
    expect(await dismiss({})).toMatchObject({ status: 400, body: { error: "comment is invalid" } });
    expect((await asAda("GET", `/vulnerabilities/${id}`)).body.state).toBe("detected");
    const comment = "💥".repeat(50_000);
    expect(await dismiss(comment)).toMatchObject({ status: 201, body: { dismissal_comment: comment } });
  });

  it.each(changes)("two at once are one change: %s", async (action, state) => {
    const id = await inState(state === "detected" ? "resolved" : "detected");
    const replies = await Promise.all(Array.from({ length: 6 }, () => asBob("POST", `/vulnerabilities/${id}/${action}`)));
    expect(replies.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([201, 304, 304, 304, 304, 304]);
  });

  it("what a scan resolved says so until it is found again", async () => {
    const own = await addProject(await addGroup());
    const user = await addUser();
    await addMember(user, { project: own }, 40);
    const { token } = await addAgent(own, { createdByUserId: user.id });
    const { uuid } = (await report(token, starboardReport())).body;
    const { id } = await storedVulnerability(uuid);
    await scanResult(token, []);
    const shown = async () => {
      const { state, resolved_on_default_branch: flag, resolved_at: at } = (await asRoot("GET", `/vulnerabilities/${id}`)).body;
      return [state, flag, at];
    };
    expect(await shown()).toEqual(["resolved", true, time]);
    await asRoot("POST", `/vulnerabilities/${id}/revert`);
    expect(await shown()).toEqual(["detected", true, null]);
    await report(token, starboardReport());
    expect(await shown()).toEqual(["detected", false, null]);
  });
});
