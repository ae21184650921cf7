import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { UserRow } from "../../../src/db/users.ts";
import { ask, byKey, byUser, malformed, missing, outcome, pull, push, refused, someChanges, texts } from "../../setup/allowed.ts";
import { asShell, call, shellHeaders } from "../../setup/call.ts";
import { addGroup, addKey, addMember, addProject, addUser } from "../../setup/world.ts";

let ada: UserRow;

beforeAll(async () => {
  ada = await addUser({ username: "ada" });
  const group = await addGroup({ path: "engines" });
  await addProject(group, { path: "hidden" });
  await addMember(ada, { group }, 30);
});

const onHidden = { project: "engines/hidden" };

const good = () => ({ ...pull, ...byUser(ada), ...onHidden });

describe("git-access 2: the types of the parameters", () => {
  const texty = ["username", "identifier", "project", "gl_repository", "protocol", "action"];

  it.each(texty.flatMap((name) => [true, false, [], ["a"], {}, { a: 1 }].map((value): [string, unknown] => [name, value])))(
    "%s is %j",
    async (name, value) => {
      expect(await outcome(ask({ ...good(), [name]: value }))).toEqual(malformed(`${name} is invalid`));
    },
  );

  it.each(texty)("%s is null: not given", async (name) => {
    const expected: Record<string, unknown> = {
      project: malformed("project or gl_repository is missing"),
      action: refused("The command you're trying to execute is not allowed."),
    };
    const reply = await outcome(ask({ ...good(), [name]: null }));
    if (name in expected) expect(reply).toEqual(expected[name]);
    else expect(reply.status).toBe(200);
  });

  it("several at once are named together", async () => {
    expect(await outcome(ask({ ...good(), username: [], protocol: {} }))).toEqual(malformed("username is invalid, protocol is invalid"));
  });

  it("a number counts as its decimal text", async () => {
    expect(await outcome(ask({ ...good(), project: 42 }))).toEqual(missing(texts.namespace));
    expect(await outcome(ask({ ...good(), gl_repository: 42 }))).toEqual(malformed("gl_repository is invalid"));
    expect((await ask({ ...good(), protocol: 1 })).status).toBe(200);
  });

  it.each<[string, unknown]>([
    ["relative_path", 7],
    ["push_options", { a: [1] }],
    ["ref", false],
    ["krb5principal", []],
    ["changes", { not: "looked at" }],
    ["changes", 17],
    ["secret", null],
    ["__proto__", { isAdmin: true }],
    ["constructor", 1],
    ["hasOwnProperty", 1],
  ])("%s is ignored by a pull, whatever it is", async (name, value) => {
    const raw = `{${JSON.stringify(name)}:${JSON.stringify(value)},${JSON.stringify(good()).slice(1)}`;
    const reply = await asShell("POST", "/internal/allowed", { raw, headers: { "Content-Type": "application/json" } });
    expect(reply.status).toBe(200);
  });

  it.each([["project"], ["gl_repository"], ["username"], ["namespace_path"], ["check_ip"], ["action"], ["protocol"], ["identifier"]])(
    "%s of three megabytes is refused, and no failure",
    async (name) => {
      const reply = await ask({ ...good(), [name]: "x/".repeat(1_500_000) });
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(reply.status).toBeLessThan(500);
      expect(reply.body).toMatchObject({ status: false });
      expect(String(reply.body.message).length).toBeLessThan(200);
    },
  );

  it("NUL bytes, lone surrogates and right-to-left marks in a path find nothing", async () => {
    for (const odd of ["engines/hid\u0000den", "engines/\ud800", "engines/\u202Enoddih", "ｅngines/hidden", "engines/hıdden"]) {
      for (const json of [pull, push]) expect((await ask({ ...json, ...byUser(ada), project: odd })).status).toBeGreaterThanOrEqual(404);
    }
  });
});

const withChanges = (changes: string) => JSON.stringify({ ...good(), changes });
const mebibytes = (count: number) => "x".repeat(count * 1024 * 1024);

describe("git-access 1: the body", () => {
  const json = { "Content-Type": "application/json" };
  it.each<[string, string, Record<string, string>]>([
    ["no JSON", "{", json],
    ["a list", "[]", json],
    ["a string", '"a"', json],
    ["a number", "1", json],
    ["null", "null", json],
    ["not UTF-8", "\u00ff", { "Content-Type": "application/json" }],
    ["a multipart body without a boundary", 'content-disposition: form-data; name="a"', { "Content-Type": "multipart/form-data" }],
  ])("malformed: %s", async (_, raw, headers) => {
    const body = raw === "\u00ff" ? new Uint8Array([0x7b, 0xff, 0x7d]) : raw;
    expect(await outcome(asShell("POST", "/internal/allowed", { raw: body, headers }))).toEqual(malformed("body is not a JSON object"));
  });

  it.each<[string, string | null]>([
    ["absent", null],
    ["empty", ""],
    ["blank", " \n"],
    ["an empty object", "{}"],
  ])("%s counts as {}", async (_, raw) => {
    const options = raw === null ? {} : { raw, headers: json };
    expect(await outcome(asShell("POST", "/internal/allowed", options))).toEqual(malformed("project or gl_repository is missing"));
  });

  it("deep nesting is no failure", async () => {
    const deep = `{"changes":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect((await asShell("POST", "/internal/allowed", { raw: deep, headers: json })).status).toBe(400);
  });

  const tooLarge = { status: 413, body: { status: false, message: "413 Request Entity Too Large" } };
  it("16 MiB are taken, more are not, also where no length is announced", async () => {
    expect((await asShell("POST", "/internal/allowed", { raw: withChanges(mebibytes(15)), headers: json })).status).toBe(200);
    expect(await outcome(asShell("POST", "/internal/allowed", { raw: withChanges(mebibytes(16)), headers: json }))).toEqual(tooLarge);
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode(mebibytes(1)));
      },
    });
    expect(await outcome(asShell("POST", "/internal/allowed", { raw: stream, headers: json }))).toEqual(tooLarge);
  });
});

const bin = (text: string) => ({ gitaly_client_context_bin: Buffer.from(text).toString("base64") });
const asked = (context: Record<string, unknown>, who = byUser(ada)) => outcome(ask({ ...pull, ...who, ...onHidden, ...context }));

describe("git-access 2.1: gitaly_client_context_bin", () => {
  it.each<[string, Record<string, unknown>]>([
    ["absent", {}],
    ["null", { gitaly_client_context_bin: null }],
    ["blank", { gitaly_client_context_bin: " " }],
    ["an empty object", bin("{}")],
    ["other keys", bin('{"skip_commits_check":true,"skip-ci":true}')],
    ["null for the user", bin('{"scoped-user-id":null}')],
  ])("%s: no effect", async (_, context) => {
    expect((await asked(context)).status).toBe(200);
  });

  it.each<[string, unknown]>([
    ["no Base64", "!!!"],
    ["Base64 of no JSON", btoa("{")],
    ["Base64 of nothing", "===="],
  ])("%s is malformed", async (_, gitaly_client_context_bin) => {
    expect(await asked({ gitaly_client_context_bin })).toEqual(malformed("malformed gitaly_client_context_bin"));
  });

  it.each([["[]"], ["1"], ['"a"'], ["null"], ["true"]])("JSON but no object: %s", async (text) => {
    expect(await asked(bin(text))).toEqual(malformed("Decoded gitaly_client_context_bin is not a valid JSON object"));
  });

  it.each([[true], [[]], [{}]])("%j is no text", async (gitaly_client_context_bin) => {
    expect(await asked({ gitaly_client_context_bin })).toEqual(malformed("gitaly_client_context_bin is invalid"));
  });

  it("a scoped user has to be the one who acts", async () => {
    expect((await asked(bin(`{"scoped-user-id":${ada.id}}`))).status).toBe(200);
    expect((await asked(bin(`{"scoped-user-id":"${ada.id}"}`))).status).toBe(200);
    expect((await asked(bin(`{"scoped-user-id":${ada.id}}`), byKey(await addKey(ada)) as never)).status).toBe(200);
    expect(await asked(bin('{"scoped-user-id":999}'))).toEqual(missing("404 User ID 999 not found Not Found"));
    expect(await asked(bin('{"scoped-user-id":"ada"}'))).toEqual(missing("404 User ID ada not found Not Found"));
    expect(await asked(bin('{"scoped-user-id":[1]}'))).toEqual(missing("404 User ID [1] not found Not Found"));
    expect(await asked(bin(`{"scoped-user-id":${ada.id}}`), {} as never)).toEqual(missing(`404 User ID ${ada.id} not found Not Found`));
  });

  it("a missing repository comes before, everything else after", async () => {
    expect(await outcome(ask({ ...pull, gitaly_client_context_bin: "!" }))).toEqual(malformed("project or gl_repository is missing"));
    expect(await outcome(ask({ ...pull, protocol: "", action: "", project: "no/such", gitaly_client_context_bin: "!" }))).toEqual(
      malformed("malformed gitaly_client_context_bin"),
    );
  });
});

describe("git-access 5: facts that cannot be loaded", () => {
  const unavailable = {
    status: 503,
    body: { status: false, message: "The access check could not be completed. Please try again later." },
  };
  it("is 503, never an allowance", async () => {
    const failing = {
      withSession: () => ({ prepare: () => ({ bind: () => ({}) }), batch: () => Promise.reject(new Error("D1_ERROR: down")) }),
    };
    expect(await outcome(ask({ ...pull, ...byUser(ada), ...onHidden }, { DB: failing }))).toEqual(unavailable);
  });

  it("nor is anything written then", async () => {
    const wrote: string[] = [];
    const session = env.DB.withSession("first-primary");
    const failing = {
      withSession: () => ({
        prepare: (text: string) => {
          if (!/^\s*(select|with)/i.test(text)) wrote.push(text);
          return session.prepare(text);
        },
        batch: () => Promise.reject(new Error("D1_ERROR: down")),
      }),
    };
    expect(await outcome(ask({ ...push, ...byUser(ada), project: "ada/never-made" }, { DB: failing }))).toEqual(unavailable);
    expect(wrote).toEqual([]);
  });
});

it("every refusal has a string message and the status of the contract, whatever was sent", async () => {
  const bodies: Record<string, unknown>[] = [
    { ...push, ...byUser(ada), ...onHidden, changes: someChanges.replace("master", "a..b") },
    { ...push, ...byUser(ada), ...onHidden, changes: { odd: 1 } },
    { ...push, ...byUser(ada), ...onHidden, changes: [1, null] },
    { ...pull, gl_repository: "project-99999999999999999999999" },
    { ...pull, project: "\u0000" },
  ];
  for (const json of bodies) {
    const reply = await call("POST", "/internal/allowed", { json, headers: shellHeaders });
    expect([400, 401, 404]).toContain(reply.status);
    expect(reply.body).toEqual({ status: false, message: expect.any(String) });
  }
});
