import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAlertPayload } from "../../src/domain/alerts/read-payload.ts";
import { payloadParts } from "../../src/domain/hooks/payload-parts.ts";

const now = new Date("2026-03-01T12:00:00Z");
const read = (payload: Record<string, unknown>) => readAlertPayload(payload, now);
const policy = { kind: "CiliumNetworkPolicy", metadata: { name: "deny-db-from-web", namespace: "shop" } };

describe("what an alert becomes", () => {
  it("153 of a flow and its policy", () => {
    const payload = { flow: { verdict: "DROPPED", dropReasonDesc: "POLICY_DENIED" }, ciliumNetworkPolicy: policy };
    expect(read(payload)).toEqual({
      title: "deny-db-from-web",
      description: "DROPPED",
      service: null,
      monitoringTool: "Cilium",
      hosts: [],
      severity: "critical",
      startedAt: now,
      domain: "threat_monitoring",
      fingerprint: expect.stringMatching(/^[0-9a-f]{40}$/),
      payload: JSON.stringify(payload),
    });
  });

  it("of any other alert", () => {
    const payload = {
      title: "Disk full",
      description: "No room on /var",
      service: "web",
      monitoring_tool: "Prometheus",
      hosts: "web-01",
      severity: "low",
      start_time: "2021-06-13T14:00:00+02:00",
      end_time: "2021-06-14",
      gitlab_environment_name: "production",
    };
    expect(read(payload)).toMatchObject({
      title: "Disk full",
      description: "No room on /var",
      service: "web",
      monitoringTool: "Cilium",
      hosts: ["web-01"],
      severity: "low",
      startedAt: new Date("2021-06-13T12:00:00Z"),
      domain: "operations",
    });
  });

  it.each([
    [{ ciliumNetworkPolicy: policy, title: "other" }, "deny-db-from-web"],
    [{ ciliumNetworkPolicy: { metadata: { name: " " } }, title: "other" }, "other"],
    [{ ciliumNetworkPolicy: { metadata: "name" }, title: 42 }, "42"],
    [{ ciliumNetworkPolicy: [], flow: [] }, "New: Alert"],
    [{ title: "" }, "New: Alert"],
    [{ title: { a: 1 } }, "New: Alert"],
    [{ title: ["a"] }, "New: Alert"],
    [{ title: "a\0b\ud800c" }, "a\ufffdb\ufffdc"],
  ])("164 the title of %j is %j", (payload, title) => {
    expect(read(payload).title).toBe(title);
  });

  it.each([
    [{ flow: { verdict: "AUDIT", dropReasonDesc: "reason" }, description: "d", message: "m" }, "AUDIT"],
    [{ flow: { verdict: "", dropReasonDesc: "reason" }, description: "d", message: "m" }, "reason"],
    [{ flow: {}, description: "d", message: "m" }, "d"],
    [{ description: null, message: "m" }, "m"],
    [{ message: [] }, null],
  ])("the description of %j is %j", (payload, description) => {
    expect(read(payload).description).toBe(description);
  });

  it.each([
    ["title", 200],
    ["description", 1000],
    ["service", 100],
  ] as const)("162 a %s of more than %i characters is cut, and ends in dots", (name, limit) => {
    const of = (text: string) => read({ [name]: text })[name];
    expect(of("a".repeat(limit))).toBe("a".repeat(limit));
    expect(of("a".repeat(limit + 1))).toBe(`${"a".repeat(limit - 3)}...`);
    expect(of("💥".repeat(limit))).toBe("💥".repeat(limit));
    expect(of("💥".repeat(limit + 1))).toBe(`${"💥".repeat(limit - 3)}...`);
    expect(of(`a${"💥".repeat(300_000)}`)).toBe(`a${"💥".repeat(limit - 4)}...`);
  });

  it.each([
    ["HIGH", "high"],
    ["Medium", "medium"],
    ["low", "low"],
    ["info", "info"],
    ["Unknown", "unknown"],
    ["critical", "critical"],
    ["fatal", "critical"],
    [undefined, "critical"],
    [null, "critical"],
    [1, "critical"],
    [["low"], "critical"],
  ])("166 the severity %j is %s", (severity, expected) => {
    expect(read({ severity }).severity).toBe(expected);
  });

  it.each([
    ["web", ["web"]],
    [7, ["7"]],
    [
      ["a", ["b", ["c"]], 1],
      ["a", "b", "c", "1"],
    ],
    [["", null, {}, " ", "a"], ["a"]],
    [{ a: "b" }, []],
    [undefined, []],
    [
      ["a".repeat(200), "b".repeat(200), "c"],
      ["a".repeat(200), "b".repeat(55)],
    ],
    [
      ["💥".repeat(254), "💥💥", "c"],
      ["💥".repeat(254), "💥"],
    ],
    [Array(300_000).fill("a"), Array(255).fill("a")],
  ])("165 hosts %#", (hosts, expected) => {
    expect(read({ hosts }).hosts).toEqual(expected);
  });

  it.each([
    ["2021-06-13T12:00:00.5Z", "2021-06-13T12:00:00.500Z"],
    ["2021-06-13T12:00:00.123456789Z", "2021-06-13T12:00:00.123Z"],
    ["2021-06-13T12:00:00", "2021-06-13T12:00:00.000Z"],
    ["2021-06-13 12:00 UTC", "2021-06-13T12:00:00.000Z"],
    ["2021-06-13 12:00:00 +0530", "2021-06-13T06:30:00.000Z"],
    ["2021-06-13t12:00:00-11", "2021-06-13T23:00:00.000Z"],
    [" 2021-06-13 ", "2021-06-13T00:00:00.000Z"],
    ["1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"],
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"],
  ])("began at %s", (start, expected) => {
    expect(read({ start_time: start }).startedAt.toISOString()).toBe(expected);
  });

  it.each([
    undefined,
    null,
    "",
    "yesterday",
    "1",
    1623585600,
    ["2021-06-13"],
    "2021-02-31",
    "2021-13-01",
    "2021-06-13T25:00:00Z",
    "2021-06-13T12:00:00+99:99",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00",
    "+275760-09-14",
    "0000-00-00",
    `2021-06-13${" ".repeat(100_000)}`,
  ])("began when it was raised, where %j is no time", (start) => {
    expect(read({ start_time: start }).startedAt).toEqual(now);
  });

  it("is within its limits whatever it is made from", () => {
    const names = [
      "title",
      "service",
      "description",
      "message",
      "hosts",
      "severity",
      "start_time",
      "fingerprint",
      "flow",
      "ciliumNetworkPolicy",
    ];
    const payloads = fc.dictionary(fc.constantFrom(...names, "__proto__", "x"), fc.jsonValue({ maxDepth: 4 }));
    fc.assert(
      fc.property(payloads, (payload) => {
        const alert = read(payload);
        for (const text of [alert.title, alert.description ?? "", alert.service ?? "", ...alert.hosts]) {
          expect(text.isWellFormed()).toBe(true);
          expect(text).not.toContain("\0");
        }
        expect(Array.from(alert.hosts.join("")).length).toBeLessThanOrEqual(255);
        expect(JSON.parse(alert.payload)).toEqual(JSON.parse(JSON.stringify(payload)));
      }),
    );
  });
});

describe("a body in parts", () => {
  it("is the body again, and no part splits a character", () => {
    for (const text of ["", "a", "a".repeat(150_000), "💥".repeat(150_001), `a${"💥".repeat(200_000)}`]) {
      const parts = [...payloadParts(text)];
      expect(parts.join("") === text).toBe(true);
      expect(parts.every((part) => part.isWellFormed() && part !== "" && part.length <= 150_000)).toBe(true);
    }
  });
});
