import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAgentConfiguration } from "../../src/domain/agents/configuration.ts";
import type { JsonObject } from "../../src/domain/json-object.ts";

const paths = (config: JsonObject) => readAgentConfiguration(config).places.map(({ access, kind, path }) => `${access} ${kind} ${path}`);
const kindOf = (userAccess: unknown) => readAgentConfiguration({ user_access: userAccess }).userAccess;

describe("a configuration", () => {
  it("204 names projects and groups, for pipelines and for people, and says something of each", () => {
    const { places, userAccess } = readAgentConfiguration({
      ci_access: {
        projects: [{ id: "engines/analytical", default_namespace: "prod", environments: ["production"] }],
        groups: [{ id: "Engines" }],
      },
      user_access: { access_as: { agent: {} }, projects: [{ id: "engines/analytical" }], groups: [{ id: "engines/steam" }] },
      observability: { logging: { level: "debug" } },
    });
    expect(userAccess).toBe("agent");
    expect(places).toEqual([
      { access: "ci", kind: "project", path: "engines/analytical", config: { default_namespace: "prod", environments: ["production"] } },
      { access: "ci", kind: "group", path: "engines", config: {} },
      { access: "user", kind: "project", path: "engines/analytical", config: {} },
      { access: "user", kind: "group", path: "engines/steam", config: {} },
    ]);
  });

  it("counts with the first 500 entries of each list, whatever they are", () => {
    const list = (prefix: string) => Array.from({ length: 501 }, (_, index) => ({ id: `${prefix}${index}/p` }));
    const all = paths({
      ci_access: { projects: list("a"), groups: list("b") },
      user_access: { projects: [null, ...list("c")], groups: list("d") },
    });
    expect(all).toHaveLength(1999);
    expect(all).toContain("ci project a499/p");
    expect(all).not.toContain("ci project a500/p");
    expect(all).not.toContain("user project c499/p");
  });

  it("means one place by one path, in whatever letter case; the later entry counts", () => {
    const { places } = readAgentConfiguration({
      ci_access: {
        projects: [
          { id: "A/b", n: 1 },
          { id: "a/B", n: 2 },
        ],
      },
    });
    expect(places).toEqual([{ access: "ci", kind: "project", path: "a/b", config: { n: 2 } }]);
  });

  it.each([
    [null],
    ["engines/analytical"],
    [["engines"]],
    [{}],
    [{ id: 7 }],
    [{ id: null }],
    [{ id: "" }],
    [{ id: "/engines" }],
    [{ id: "engines/" }],
    [{ id: "engines//a" }],
    [{ id: "engines/a\u0000" }],
    [{ id: "engines/\ud800" }],
    [{ id: " engines" }],
    [{ id: `${"a/".repeat(5000)}a` }],
    [{ id: "x".repeat(4_000_000) }],
  ])("passes over the entry %#, and keeps the others", (entry) => {
    expect(paths({ ci_access: { projects: [{ id: "a/b" }, entry, { id: "c/d" }] } })).toEqual(["ci project a/b", "ci project c/d"]);
  });

  it.each([null, [], "x", 7, true, { projects: {} }, { projects: "a/b" }, { projects: null }])(
    "names nothing where it is %j",
    (section) => {
      expect(paths({ ci_access: section, user_access: section })).toEqual([]);
    },
  );

  it("keeps nothing of an entry but its path where that is more than 16 KiB, or deeper than 20 levels", () => {
    const nested = JSON.parse(`${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`) as JsonObject;
    const configOf = (config: object) => readAgentConfiguration({ ci_access: { projects: [{ id: "a/b", ...config }] } }).places[0]?.config;
    expect(configOf({ a: "x".repeat(16_000) })).toEqual({ a: "x".repeat(16_000) });
    expect(configOf({ a: "x".repeat(16 * 1024) })).toEqual({});
    expect(configOf(nested)).toEqual({});
  });
});

describe("as whom users reach the cluster", () => {
  it.each([
    [undefined, null],
    [null, null],
    [{}, null],
    [[], null],
    ["agent", null],
    [{ access_as: { agent: {} } }, "agent"],
    [{ access_as: { user: {} } }, "user"],
    [{ access_as: { agent: null } }, "agent"],
    [{ access_as: { agent: {}, user: {} } }, "several"],
    [{ access_as: { agent: {}, ci_job: {} } }, "several"],
    [{ access_as: { ci_job: {} } }, "unstated"],
    [{ access_as: {} }, "unstated"],
    [{ access_as: null }, "unstated"],
    [{ access_as: "agent" }, "unstated"],
    [{ access_as: ["agent"] }, "unstated"],
    [{ projects: [] }, "unstated"],
    [{ access_as: JSON.parse('{"__proto__": {}}') as unknown }, "unstated"],
  ])("is by %j: %s", (userAccess, kind) => {
    expect(kindOf(userAccess)).toBe(kind);
  });

  it("holds of any JSON: at most 500 places of each kind, no two alike, all in lower case", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom("ci_access", "user_access", "x"), fc.jsonValue()), (config) => {
        const all = paths(config);
        expect(new Set(all).size).toBe(all.length);
        expect(all.map((path) => path.toLowerCase())).toEqual(all);
      }),
    );
    const entry = fc.record({ id: fc.oneof(fc.constantFrom("a/b", "A/b", "c", ""), fc.string()) });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 600, size: "max" }), (projects) => {
        const named = new Set(projects.slice(0, 500).map(({ id }) => id.toLowerCase()));
        for (const path of paths({ ci_access: { projects } })) expect(named.has(path.replace("ci project ", ""))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});
