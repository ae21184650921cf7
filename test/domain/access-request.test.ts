import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAccessRequest, type AllowedParameters } from "../../src/domain/access/parse-request.ts";
import { Fault } from "../../src/domain/fault.ts";
import type { ChangeList } from "../../src/domain/git/changes.ts";
import { newrev, oldrev } from "../setup/facts.ts";

const parse = (params: AllowedParameters = {}) => parseAccessRequest({ project: "g/p", ...params });
/** The text of the 400. */
function refusal(params: AllowedParameters): unknown {
  try {
    parseAccessRequest(params);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    expect(error.kind).toBe("invalid");
    return error.text;
  }
  throw new Error("nothing was refused");
}
const encoded = (context: unknown) => Buffer.from(typeof context === "string" ? context : JSON.stringify(context)).toString("base64");

it("git-access 2: what is not said is nothing", () => {
  expect(parse()).toEqual({
    actor: { keyId: null, keyAs: "key", userId: null, username: null },
    repository: { path: { path: "g/p", wikiPath: null, designPath: null, snippet: null } },
    action: "",
    protocol: "",
    changes: "any",
    quarantine: { objectDirectory: "", alternateObjectDirectories: [] },
    checkIp: null,
    namespacePath: null,
    scopedUser: null,
    skipsCommitsCheck: false,
    hasHappened: false,
  });
  expect(parse({ action: null, protocol: null, check_ip: null, namespace_path: null, env: null, gitaly_client_context_bin: null })).toEqual(
    parse(),
  );
});

it("what is said is kept as it is", () => {
  const said = parse({ action: "git-upload-pack", protocol: "http", check_ip: "", namespace_path: "Group", key_id: "5" });
  expect(said).toMatchObject({ action: "git-upload-pack", protocol: "http", checkIp: "", namespacePath: "Group", actor: { keyId: 5 } });
  for (const namespace_path of ["", "  ", "\n"]) expect(parse({ namespace_path }).namespacePath).toBeNull();
});

describe("git-access 4: which repository", () => {
  it("gl_repository wins over the path", () => {
    expect(parse({ gl_repository: "wiki-5" }).repository).toEqual({ identifier: { type: "wiki", id: 5 } });
    expect(parse({ gl_repository: " ", project: "g/p.wiki" }).repository).toMatchObject({ path: { wikiPath: "g/p" } });
  });
  it.each<[AllowedParameters, string]>([
    [{}, "400 Bad request - project or gl_repository is missing"],
    [{ project: null, gl_repository: null }, "400 Bad request - project or gl_repository is missing"],
    [{ project: " ", gl_repository: "" }, "400 Bad request - project or gl_repository is missing"],
    [{ project: "g/p", gl_repository: "nonsense" }, "400 Bad request - gl_repository is invalid"],
    [{ gl_repository: "project-0" }, "400 Bad request - gl_repository is invalid"],
  ])("%j: %s", (params, text) => {
    expect(refusal(params)).toBe(text);
  });
});

it("git-access 11: only a push has changes", () => {
  const changes = `${oldrev} ${newrev} refs/heads/main`;
  expect(parse({ action: "git-upload-pack", changes: 5 }).changes).toBe("any");
  expect(parse({ action: "git-receive-pack", changes: "_any" }).changes).toBe("any");
  expect(parse({ action: "git-receive-pack" }).changes).toBe("none");
  expect((parse({ action: "git-receive-pack", changes }).changes as ChangeList).source).toBe(changes);
});

describe("git-access 2: where quarantined objects are", () => {
  const none = { objectDirectory: "", alternateObjectDirectories: [] };
  it.each<[string, unknown, object]>([
    [
      "both",
      JSON.stringify({ GIT_OBJECT_DIRECTORY_RELATIVE: "objects/x", GIT_ALTERNATE_OBJECT_DIRECTORIES_RELATIVE: ["objects", "more"] }),
      { objectDirectory: "objects/x", alternateObjectDirectories: ["objects", "more"] },
    ],
    [
      "no alternates",
      JSON.stringify({ GIT_OBJECT_DIRECTORY_RELATIVE: "o", GIT_ALTERNATE_OBJECT_DIRECTORIES_RELATIVE: null, PATH: "/" }),
      { ...none, objectDirectory: "o" },
    ],
    [
      "other types",
      JSON.stringify({ GIT_OBJECT_DIRECTORY_RELATIVE: 5, GIT_ALTERNATE_OBJECT_DIRECTORIES_RELATIVE: ["a", 1, null] }),
      { ...none, alternateObjectDirectories: ["a"] },
    ],
    ["text for a list", JSON.stringify({ GIT_ALTERNATE_OBJECT_DIRECTORIES_RELATIVE: "a" }), none],
    ["blank", "", none],
    ["no JSON", "{", none],
    ["null", "null", none],
    ["a list", "[]", none],
    ["a number", "5", none],
    ["a list of texts", [JSON.stringify({ GIT_OBJECT_DIRECTORY_RELATIVE: "o" })], none],
    ["no text", { GIT_OBJECT_DIRECTORY_RELATIVE: "o" }, none],
  ])("%s", (_, env, expected) => {
    expect(parse({ env }).quarantine).toEqual(expected);
  });
});

describe("git-access 2.1: the client context", () => {
  it.each<[string, string, object]>([
    ["blank", " ", { scopedUser: null, skipsCommitsCheck: false }],
    ["empty", encoded({}), { scopedUser: null, skipsCommitsCheck: false }],
    ["a user", encoded({ "scoped-user-id": 5 }), { scopedUser: { id: 5, text: "5" } }],
    ["a user in digits", encoded({ "scoped-user-id": "05" }), { scopedUser: { id: 5, text: "05" } }],
    ["no user's id", encoded({ "scoped-user-id": "ada" }), { scopedUser: { id: null, text: "ada" } }],
    ["something else", encoded({ "scoped-user-id": [1] }), { scopedUser: { id: null, text: "[1]" } }],
    ["null", encoded({ "scoped-user-id": null }), { scopedUser: null }],
    ["commits are not checked", encoded({ skip_commits_check: true }), { scopedUser: null, skipsCommitsCheck: true }],
    ["nearly", encoded({ skip_commits_check: "true" }), { skipsCommitsCheck: false }],
    ["letters that are not ASCII", encoded({ "scoped-user-id": "ü" }), { scopedUser: { id: null, text: "ü" } }],
  ])("%s", (_, gitaly_client_context_bin, expected) => {
    expect(parse({ gitaly_client_context_bin })).toMatchObject(expected);
  });

  it("that cannot be read is a 400", () => {
    const project = "g/p";
    expect(refusal({ project, gitaly_client_context_bin: encoded("{") })).toBe("400 Bad request - malformed gitaly_client_context_bin");
    for (const context of ["[]", "null", "5", '"a"']) {
      expect(refusal({ project, gitaly_client_context_bin: encoded(context) })).toBe(
        "400 Bad request - Decoded gitaly_client_context_bin is not a valid JSON object",
      );
    }
  });
});

it("nothing that is sent makes it throw anything but a 400", () => {
  const text = fc.option(fc.oneof(fc.string({ unit: "binary" }), fc.json()), { nil: undefined });
  const params = fc.record({
    key_id: fc.anything(),
    user_id: fc.anything(),
    username: text,
    identifier: text,
    project: text,
    gl_repository: text,
    protocol: text,
    action: fc.oneof(text, fc.constant("git-receive-pack")),
    changes: fc.anything(),
    env: fc.oneof(text, fc.anything()),
    check_ip: text,
    namespace_path: text,
    gitaly_client_context_bin: fc.oneof(text, fc.json().map(encoded)),
  });
  fc.assert(
    fc.property(params, (sent) => {
      try {
        parseAccessRequest(sent);
      } catch (error) {
        expect(error).toBeInstanceOf(Fault);
      }
    }),
    { numRuns: 1000 },
  );
});
