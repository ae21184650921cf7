import { describe, expect, it } from "vitest";
import { Fault } from "../../src/domain/fault.ts";
import { parseCounterName, parsePushReport } from "../../src/domain/push/push-report.ts";
import { decodeChanges } from "../../src/domain/push/ref-changes.ts";
import { decreaseCount, increaseCount, remainingLife } from "../../src/domain/push/reference-count.ts";

const change = `${"0".repeat(40)} ${"1".repeat(40)} refs/heads/main\n`;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const nobody = { keyId: null, keyAs: "key", userId: null, username: null };

async function faultOf(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error instanceof Fault ? { kind: error.kind, text: error.text } : error;
  }
  return null;
}

const bad = (text: string) => ({ kind: "invalid", text: `400 Bad request - ${text}` });

describe("what Gitaly reports of a push (push.md 3.1)", () => {
  it("is read with all that it says", async () => {
    const report = await parsePushReport({
      gl_repository: "project-7-wiki",
      identifier: "key-3",
      changes: change,
      push_options: ["ci.skip", "mr.create", "unknown"],
      gitaly_client_context_bin: base64("{}"),
    });
    const options = { ci: { skip: true }, merge_request: { create: true } };
    expect(report).toEqual({
      glRepository: "project-7-wiki",
      repository: { type: "wiki", id: 7 },
      identifier: "key-3",
      actor: { ...nobody, keyId: 3, keyAs: "identifier" },
      changes: change,
      rawOptions: ["ci.skip", "mr.create", "unknown"],
      options,
      jobOptions: options,
    });
  });

  it.each([
    ["nothing else", {}],
    ["nulls", { identifier: null, changes: null, push_options: null, gitaly_client_context_bin: null }],
    ["blanks", { identifier: "", changes: "", push_options: [], gitaly_client_context_bin: " " }],
    ["an identifier and a context that are no texts", { identifier: 3, gitaly_client_context_bin: 5 }],
  ])("may say %s", async (_, params) => {
    expect(await parsePushReport({ gl_repository: "project-7", ...params })).toEqual({
      glRepository: "project-7",
      repository: { type: "project", id: 7 },
      identifier: "",
      actor: nobody,
      changes: "",
      rawOptions: [],
      options: {},
      jobOptions: {},
    });
  });

  it.each([
    ["user-5", "user-5", { ...nobody, userId: 5 }],
    ["username-jsmith", "username-jsmith", nobody],
    [`user-${"0".repeat(249)}5`, `user-${"0".repeat(249)}5`, { ...nobody, userId: 5 }],
    [`user-${"0".repeat(250)}5`, "", nobody],
    ["x".repeat(255), "x".repeat(255), nobody],
    ["x".repeat(256), "", nobody],
  ])("names who pushed in up to 255 characters: %s", async (identifier, kept, actor) => {
    expect(await parsePushReport({ gl_repository: "project-7", identifier })).toMatchObject({ identifier: kept, actor });
  });

  it.each([
    ["lines", ["a b", "c d"], "a b\nc d"],
    ["one line", "a b", "a b"],
    ["no line", [], ""],
    ["Base64", base64(change), change],
  ])("has its changes as %s", async (_, changes, text) => {
    expect(await parsePushReport({ gl_repository: "project-7", changes })).toMatchObject({ changes: text });
  });

  it("has an option alone where it is no list", async () => {
    expect(await parsePushReport({ gl_repository: "project-7", push_options: "ci.skip" })).toMatchObject({ rawOptions: ["ci.skip"] });
  });

  it.each([
    ["an identifier that names no repository", { gl_repository: "group-7" }, "gl_repository is invalid"],
    ["no repository", { gl_repository: undefined }, "gl_repository is missing"],
    ["changes that are a number", { changes: 1 }, "changes is invalid"],
    ["changes that are an object", { changes: {} }, "changes is invalid"],
    ["changes of which one is no text", { changes: ["a b", null] }, "changes is invalid"],
    ["options that are a number", { push_options: 0 }, "push_options is invalid"],
    ["options of which one is no text", { push_options: ["ci.skip", 1] }, "push_options is invalid"],
    ["a context that is no JSON", { gitaly_client_context_bin: "%" }, "malformed gitaly_client_context_bin"],
    [
      "a context that is no object",
      { gitaly_client_context_bin: base64("[]") },
      "Decoded gitaly_client_context_bin is not a valid JSON object",
    ],
  ])("is refused with %s", async (_, params, text) => {
    expect(await faultOf(() => parsePushReport({ gl_repository: "project-7", ...params }))).toEqual(bad(text));
  });

  it("carries changes of 24 MiB, and no more", async () => {
    const changes = `é ${"a".repeat(24 * 1024 * 1024 - 3)}`;
    expect((await parsePushReport({ gl_repository: "project-7", changes })).changes.length).toBe(24 * 1024 * 1024 - 1);
    expect(await faultOf(() => parsePushReport({ gl_repository: "project-7", changes: `${changes}a` }))).toEqual(bad("changes is invalid"));
  });

  it.each([
    ['{"skip-ci":true}', true],
    ['{"skip-ci":"false"}', true],
    ['{"skip-ci":""}', true],
    ['{"skip-ci":0}', true],
    ['{"skip-ci":false}', false],
    ['{"skip-ci":null}', false],
    ['{"skip_ci":true}', false],
    ["{}", false],
  ])("has the job skip CI where the client context asks for it: %s", async (context, skips) => {
    const report = await parsePushReport({
      gl_repository: "project-7",
      push_options: ["ci.variable=A=1", "mr.create"],
      gitaly_client_context_bin: base64(context),
    });
    const options = { ci: { variable: { "A=1": 1 } }, merge_request: { create: true } };
    expect(report.options).toEqual(options);
    expect(report.jobOptions).toEqual(skips ? { ...options, ci: { ...options.ci, skip: true } } : options);
  });

  it("has the job skip CI without any option of it", async () => {
    const report = await parsePushReport({ gl_repository: "project-7", gitaly_client_context_bin: base64('{"skip-ci":true}') });
    expect(report).toMatchObject({ options: {}, jobOptions: { ci: { skip: true } } });
  });
});

describe("the name of a counter (push.md 1)", () => {
  it.each(["project-7", "anything", " x ", "0", "x".repeat(255)])("is any text: %j", (name) => {
    expect(parseCounterName(name)).toBe(name);
  });

  it.each([
    [undefined, "gl_repository is missing"],
    [null, "gl_repository is missing"],
    ["", "gl_repository is missing"],
    [" \n", "gl_repository is missing"],
    [7, "gl_repository is invalid"],
    [0, "gl_repository is invalid"],
    [false, "gl_repository is invalid"],
    [["project-7"], "gl_repository is invalid"],
    [{}, "gl_repository is invalid"],
    ["x".repeat(256), "gl_repository is invalid"],
  ])("is not %j", async (value, text) => {
    expect(await faultOf(() => parseCounterName(value))).toEqual(bad(text));
  });
});

describe("the counter of pushes (push.md 2)", () => {
  it("is kept with its life, which a decrease leaves as it is, and without one at zero", () => {
    const two = increaseCount(increaseCount(null, 1000), 2000);
    expect(two).toEqual({ value: 2, expiresAt: 602_000 });
    expect(decreaseCount(two, 5000)).toEqual({ value: 1, expiresAt: 602_000, wasReset: false });
    expect(decreaseCount(increaseCount(null, 0), 0)).toEqual({ value: 0, expiresAt: 0, wasReset: false });
    expect(decreaseCount(null, 0)).toEqual({ value: 0, expiresAt: 0, wasReset: true });
  });

  it.each([
    [1, 0, 600],
    [1, 1, 600],
    [1, 1000, 599],
    [1, 599_999, 1],
    [1, 600_000, 0],
    [1, 700_000, 0],
    [0, 0, 0],
  ])("of %i has at %i ms %i s left", (value, now, seconds) => {
    expect(remainingLife({ value, expiresAt: 600_000 }, now)).toBe(seconds);
  });
});

describe("the text of the changes (push.md 7.1)", () => {
  it.each([
    ["a byte order mark before it", `\ufeff${change}`, change],
    ["one in it", `${change}\ufeff`, `${change}\ufeff`],
    ["no character but ASCII", change, change],
    ["UTF-8 that looks like another encoding", `${change.trim()}-é€€\n`, `${change.trim()}-é€€\n`],
  ])("is decoded with %s", async (_, sent, text) => {
    expect(await decodeChanges(base64(sent))).toBe(text);
  });
});
