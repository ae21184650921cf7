import * as fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { parsePushOptions } from "../../src/domain/push/push-options.ts";
import { Job } from "../../src/queue/messages.ts";

const parse = (...raw: string[]) => parsePushOptions(raw);

describe("push options", () => {
  it.each([
    ["298 an unknown namespace", "invalid.key=value"],
    ["298 an unknown key", "merge_request.key=value"],
    ["298 no dot", "merge_request"],
    ["nothing at all", ""],
    ["nothing but a dot", "."],
    ["nothing before the dot", ".merge_request.create"],
    ["nothing behind the dot", "merge_request."],
    ["a key that every object has", "merge_request.constructor=1"],
    ["a namespace that every object has", "__proto__.create"],
    ["a namespace that every object has", "constructor.name=x"],
    ["another letter case", "Merge_Request.create"],
    ["a dot behind the key", "merge_request.create.now"],
  ])("%s is dropped: %j", (_, option) => {
    expect(parse(option)).toEqual({});
  });

  it.each([
    ["300 the alias", "mr.target=value", { merge_request: { target: "value" } }],
    ["301 blanks around every part", "merge_request . target = value", { merge_request: { target: "value" } }],
    ["tabs and line ends around", "\tmr.target\t=\tvalue\r\n", { merge_request: { target: "value" } }],
    ["an option without a value", "merge_request.create", { merge_request: { create: true } }],
    ["a blank value", "merge_request.title=  ", { merge_request: { title: true } }],
    ["= and . in a value", "mr.title=a=b.c", { merge_request: { title: "a=b.c" } }],
    ["the rest of the line alone", "mr.title=one\ntwo", { merge_request: { title: "one" } }],
    ["half a character", "mr.title=a\ud800b", { merge_request: { title: "a\ufffdb" } }],
    ["ci.skip", "ci.skip", { ci: { skip: true } }],
    ["ci.variable, whose value has = in it", "ci.variable=A=1", { ci: { variable: { "A=1": 1 } } }],
    ["ci.input", "ci.input=a=b", { ci: { input: { "a=b": 1 } } }],
    ["integrations.skip_ci", "integrations.skip_ci", { integrations: { skip_ci: true } }],
    ["secret_detection.skip_all", "secret_detection.skip_all", { secret_detection: { skip_all: true } }],
    ["secret_push_protection.skip_all", "secret_push_protection.skip_all", { secret_push_protection: { skip_all: true } }],
    ["security_policy.bypass_reason", "security_policy.bypass_reason=fire", { security_policy: { bypass_reason: "fire" } }],
  ])("%s", (_, option, expected) => {
    expect(parse(option)).toEqual(expected);
  });

  it.each([
    "create",
    "target",
    "target_project",
    "title",
    "description",
    "draft",
    "remove_source_branch",
    "squash",
    "merge_when_pipeline_succeeds",
    "auto_merge",
    "milestone",
  ])("merge_request.%s has one value", (key) => {
    expect(parse(`merge_request.${key}=v`)).toEqual({ merge_request: { [key]: "v" } });
  });

  it.each(["label", "unlabel", "assign", "unassign"])("merge_request.%s counts its values", (key) => {
    expect(parse(`mr.${key}=a`, `merge_request.${key}=b`, `mr.${key}=a`)).toEqual({ merge_request: { [key]: { a: 2, b: 1 } } });
  });

  it("303 the last value of an option that is given twice", () => {
    expect(parse("mr.target=one", "merge_request.target=two")).toEqual({ merge_request: { target: "two" } });
    expect(parse("mr.target=one", "mr.target")).toEqual({ merge_request: { target: true } });
  });

  it("304 a million = and a dot are read in bounded time", () => {
    const started = performance.now();
    expect(parse(`${"=".repeat(1_000_000)}.`, `merge_request.${"=".repeat(1_000_000)}.`, `${" ".repeat(1_000_000)}.x=`)).toEqual({});
    expect(parse(`mr.title${"=".repeat(1_000_000)}.`).merge_request?.title).toHaveLength(1_000_000);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("the form that the job is given", () => {
    const options = parse("merge_request.create", "merge_request.target=main", "mr.label=a", "ci.skip", "ci.variable=A=1");
    expect(JSON.stringify(options)).toBe(
      '{"merge_request":{"create":true,"target":"main","label":{"a":1}},"ci":{"skip":true,"variable":{"A=1":1}}}',
    );
  });

  it("labels that are called as what every object has are labels, and change no object", () => {
    const options = parse("mr.label=__proto__", "mr.label=constructor", "mr.label=__proto__", "mr.label=toString");
    expect(Object.entries(options["merge_request"]?.["label"] ?? {})).toEqual([
      ["__proto__", 2],
      ["constructor", 1],
      ["toString", 1],
    ]);
    expect(Object.getPrototypeOf(options["merge_request"]?.["label"])).toBe(Object.prototype);
    expect(JSON.stringify(options)).toBe('{"merge_request":{"label":{"__proto__":2,"constructor":1,"toString":1}}}');
    expect(({} as Record<string, unknown>)["2"]).toBeUndefined();
  });
});

const word = fc.oneof(
  fc.constantFrom(
    "mr",
    "merge_request",
    "ci",
    "label",
    "target",
    "create",
    "skip",
    "variable",
    "unlabel",
    "__proto__",
    "constructor",
    " ",
    ".",
    "=",
    "\n",
  ),
  fc.string({ unit: "binary", maxLength: 6 }),
);
const option = fc.array(word, { maxLength: 7 }).map((words) => words.join(""));

/** The rule as one pattern, which may take its time. */
const pattern = /^([^.]*)\.([^=]*)(?:=(.*)(?:\n[\s\S]*)?)?$/;

describe("any push options", () => {
  it("pass what the queue carries, and come back from it as they were", () => {
    fc.assert(
      fc.property(fc.array(option, { maxLength: 12 }), (raw) => {
        const options = parsePushOptions(raw);
        const push = {
          id: "1",
          glRepository: "project-1",
          identifier: "",
          changes: "",
          urls: { ssh: "", http: "", external: "" },
          acceptedAt: 1,
        };
        const job = { kind: "parked_push", version: 1, push: { ...push, options } };
        expect(v.safeParse(Job, JSON.parse(JSON.stringify(job))).success).toBe(true);
        expect(JSON.stringify(JSON.parse(JSON.stringify(options)))).toBe(JSON.stringify(options));
      }),
    );
  });

  it("mean what the pattern says that one option means", () => {
    fc.assert(
      fc.property(option, (text) => {
        const [, namespace, key, value = ""] = pattern.exec(text)?.map((part: string | undefined) => (part ?? "").trim()) ?? [];
        const isTarget = ["mr", "merge_request"].includes(namespace ?? "") && key === "target";
        expect(parsePushOptions([text])["merge_request"]?.["target"]).toEqual(isTarget ? value.toWellFormed() || true : undefined);
      }),
      { numRuns: 2000 },
    );
  });

  it("count as often as they are given", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "b", "__proto__"), { maxLength: 20 }), (labels) => {
        const counts = parsePushOptions(labels.map((label) => `mr.label=${label}`))["merge_request"]?.["label"] ?? {};
        for (const [label, count] of Object.entries(counts)) expect(labels.filter((each) => each === label)).toHaveLength(count);
        expect(Object.keys(counts).toSorted()).toEqual([...new Set(labels)].toSorted());
      }),
    );
  });
});
