import { SignJWT, UnsecuredJWT } from "jose";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { CallerKind } from "../../src/auth/callers.ts";
import type { Operation } from "../../src/http/operation.ts";
import { describeApi } from "../../src/openapi/generate.ts";
import { operations } from "../../src/routes/index.ts";
import { call, kasJwt, portalJwt, shellHeaders, type CallOptions, type Reply } from "../setup/call.ts";
import { testVars } from "../setup/vars.ts";
import { addAgent, addGroup, addProject, addToken, addUser, dayFromNow, newKeyLine, setSettings, unique } from "../setup/world.ts";

/**
 * What holds for every operation, whatever it does. Operations are taken from where they are mounted, and their
 * parameters from their documentation: a new one is covered without a word here. A new kind of caller needs an entry
 * in `goodCredentials` and `badCredentials`.
 */

type Schema = Record<string, any>;
type Headers = Record<string, string>;
interface Credential {
  name: string;
  headers?: Headers;
  query?: string;
  /** What must not come back. */
  secret: string;
}

const { GITLAB_SHELL_SECRET: shellSecret, GATEHOUSE_ROOT_TOKEN: rootToken } = testVars;
const goodCredentials: Record<CallerKind, Headers> = {
  shell: shellHeaders,
  // Signed, and given an agent, before the tests.
  kas: {},
  agent: {},
  user: { "PRIVATE-TOKEN": rootToken },
  anyone: { "PRIVATE-TOKEN": rootToken },
  portal: {},
  billing: { TOKEN: rootToken },
  billingReader: { TOKEN: rootToken },
};

let badCredentials: Record<CallerKind, Credential[]>;
interface ShownParameters {
  properties: Record<string, Schema>;
  required: string[];
}
let parametersOf: Map<string, ShownParameters>;

const nameOf = ({ method, path }: Operation) => `${method} ${path}`;
const table = operations.map((operation) => [nameOf(operation), operation] as const);
const shownParameters = (operation: Operation): ShownParameters => parametersOf.get(nameOf(operation)) ?? { properties: {}, required: [] };
const needsCredential = ({ caller }: Operation) => caller !== "anyone";
const takesBody = ({ method }: Operation) => method !== "GET";
const segmentsOf = (path: string) => [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");

const jwt = () => new SignJWT({}).setProtectedHeader({ alg: "HS256" }).setIssuer("gitlab-shell").setIssuedAt();
const inJwtHeader = (name: string, token: string) => ({ name, headers: { "Gitlab-Shell-Api-Request": token }, secret: token });
const asToken = (name: string, token: string) => ({ name, headers: { "PRIVATE-TOKEN": token }, secret: token });

beforeAll(async () => {
  const owner = await addUser({ isAdmin: true });
  const unknownToken = "glpat-nobody-has-this-one";
  const expired = await addToken(owner, { expiresAt: dayFromNow(-1) });
  const revoked = await addToken(owner, { revokedAt: new Date() });
  const key = new TextEncoder().encode(shellSecret);
  const foreignJwt = await jwt().sign(new TextEncoder().encode("another secret, as long as the right one"));
  const expiredJwt = await jwt().setExpirationTime("-10m").sign(key);
  const otherIssuer = await new SignJWT({}).setProtectedHeader({ alg: "HS256" }).setIssuer("gitlab-kas").setExpirationTime("1m").sign(key);
  const unsignedJwt = new UnsecuredJWT({}).setIssuer("gitlab-shell").setExpirationTime("1m").encode();

  const good = await kasJwt({ exp: undefined });
  const { token: agentToken } = await addAgent(await addProject(await addGroup()), { createdByUserId: owner.id });
  goodCredentials.kas = { "Gitlab-Kas-Api-Request": good };
  goodCredentials.agent = { ...goodCredentials.kas, Authorization: `Bearer ${agentToken}` };
  goodCredentials.portal = { "X-Customers-Dot-Internal-Token": await portalJwt({ exp: undefined }) };
  const kas = await badKasCredentials();
  const portal = await badPortalCredentials();
  const besideGoodToken = portal.map((bad) => ({ ...bad, headers: { ...bad.headers, "PRIVATE-TOKEN": rootToken } }));

  const user: Credential[] = [
    asToken("an unknown token", unknownToken),
    asToken("an expired token", expired),
    asToken("a revoked token", revoked),
    { name: "an unknown bearer", headers: { Authorization: `Bearer ${unknownToken}` }, secret: unknownToken },
    { name: "an unknown token in the query", query: `private_token=${unknownToken}`, secret: unknownToken },
  ];
  badCredentials = {
    shell: [
      { name: "a wrong secret", headers: { "Gitlab-Shared-Secret": btoa("wrong secret") }, secret: "wrong secret" },
      { name: "a wrong secret as parameter", query: "secret_token=wrong-secret", secret: "wrong-secret" },
      { name: "no Base64", headers: { "Gitlab-Shared-Secret": "%%%" }, secret: "%%%" },
      inJwtHeader("a JWT of another key", foreignJwt),
      inJwtHeader("an expired JWT", expiredJwt),
      inJwtHeader("a JWT of another issuer", otherIssuer),
      inJwtHeader("an unsigned JWT", unsignedJwt),
      inJwtHeader("no JWT", "abc.def.ghi"),
      asToken("an administrator's token", rootToken),
    ],
    kas: [
      ...kas,
      asToken("an administrator's token", rootToken),
      { name: "the shell's secret", headers: shellHeaders, secret: shellSecret },
    ],
    agent: [
      ...kas.map(({ headers, ...credential }) => ({ ...credential, headers: { Authorization: `Bearer ${agentToken}`, ...headers } })),
      { name: "the agent's token alone", headers: { Authorization: `Bearer ${agentToken}` }, secret: agentToken },
      { name: "kas without an agent", headers: goodCredentials.kas, secret: good },
      asAgent("an unknown agent", "glagent-nobody-has-this-one"),
      asAgent("a person's token", rootToken),
      {
        name: "an unknown agent beside a good one",
        headers: { ...goodCredentials.agent, "Gitlab-Agent-Api-Request": "glagent-nobody-has-this-one" },
        secret: "glagent-nobody-has-this-one",
      },
    ],
    user: [...user, { name: "the shell's secret", headers: shellHeaders, secret: shellSecret }],
    anyone: user,
    portal: [...portal, asToken("an administrator's token", rootToken)],
    billing: [...user, ...besideGoodToken, asPortalToken("an unknown token of the portal", unknownToken)],
    billingReader: [...user, ...besideGoodToken, asPortalToken("an unknown token of the portal", unknownToken)],
  };
  await readParameters();
});

const asAgent = (name: string, token: string) => ({
  name,
  headers: { ...goodCredentials.kas, Authorization: `Bearer ${token}` },
  secret: token,
});

const asPortalToken = (name: string, token: string) => ({ name, headers: { TOKEN: token }, secret: token });

async function badPortalCredentials(): Promise<Credential[]> {
  const inHeader = (name: string, token: string) => ({ name, headers: { "X-Customers-Dot-Internal-Token": token }, secret: token });
  const now = Math.floor(Date.now() / 1000);
  return [
    inHeader("an expired JWT", await portalJwt({ exp: now - 1 })),
    inHeader("a JWT of another issuer", await portalJwt({ iss: "https://customers.example.test" })),
    inHeader("a JWT about something else", await portalJwt({ sub: "somebody" })),
    inHeader("a JWT for somebody else", await portalJwt({ aud: "gitlab" })),
    inHeader("a JWT of an unknown key", await portalJwt({}, { kid: "another" })),
    inHeader("no JWT", "abc.def.ghi"),
  ];
}

async function badKasCredentials(): Promise<Credential[]> {
  const inHeader = (name: string, token: string) => ({ name, headers: { "Gitlab-Kas-Api-Request": token }, secret: token });
  const now = Math.floor(Date.now() / 1000);
  return [
    inHeader("a JWT of another key", await kasJwt({}, new Uint8Array(32))),
    inHeader("a JWT signed with the text of the secret", await kasJwt({}, new TextEncoder().encode(testVars.GITLAB_KAS_SECRET))),
    inHeader("an expired JWT", await kasJwt({ exp: now - 1 })),
    inHeader("a JWT of later", await kasJwt({ nbf: now + 60 })),
    inHeader("a JWT of another issuer", await kasJwt({ iss: "gitlab-shell" })),
    inHeader("a JWT for somebody else", await kasJwt({ aud: ["gitlab-pages"] })),
    inHeader("an unsigned JWT", new UnsecuredJWT({}).setIssuer("gitlab-kas").setExpirationTime("1m").encode()),
    inHeader("no JWT", "abc.def.ghi"),
  ];
}

afterEach(() => setSettings(null));

/** The parameters that are not in the path, whether they are shown in the query or in the body. */
async function readParameters(): Promise<void> {
  const document: Schema = JSON.parse(JSON.stringify(await describeApi(operations)));
  parametersOf = new Map(
    operations.map((operation) => {
      const path = `/api/v4${operation.path.replace(/:(\w+)/g, "{$1}")}`;
      const described: Schema = document["paths"][path][operation.method.toLowerCase()];
      const body: Schema = described["requestBody"]?.content["application/json"].schema ?? {};
      const inQuery: Schema[] = (described["parameters"] ?? []).filter((parameter: Schema) => parameter["in"] === "query");
      const properties = {
        ...body["properties"],
        ...Object.fromEntries(inQuery.map((parameter) => [parameter["name"].replace("[]", ""), parameter["schema"]])),
      };
      return [nameOf(operation), { properties, required: [...(body["required"] ?? [])] }];
    }),
  );
}

/** Names of things that are there, so that a request comes as far as it can; ids of which there is nothing for the rest. */
async function existingPath(operation: Operation): Promise<Record<string, string>> {
  const names = segmentsOf(operation.path);
  const values = Object.fromEntries(names.map((name) => [name, "987654321"]));
  const [first] = names;
  if (first === undefined) return values;
  const collection = operation.path.replace("/internal/gitlab_subscriptions", "").split("/")[1];
  if (collection === "projects") values[first] = String((await addProject(await addGroup())).id);
  if (collection === "groups" || collection === "namespaces") values[first] = String((await addGroup()).id);
  if (names.includes("agent_id")) values["agent_id"] = await registerAgent(values[first] ?? "");
  if (names.includes("hook_id") && collection !== "hooks") values["hook_id"] = await addHook(`/${collection}/${values[first]}`);
  if (collection === "users") values[first] = String((await addUser()).id);
  if (names.includes("add_on_name")) values["add_on_name"] = "duo_pro";
  return values;
}

async function registerAgent(projectId: string): Promise<string> {
  const reply = await call("POST", `/projects/${projectId}/cluster_agents`, { headers: goodCredentials.user, json: { name: "agent" } });
  return String(reply.body.id);
}

async function addHook(place: string): Promise<string> {
  const reply = await call("POST", `${place}/hooks`, { headers: goodCredentials.user, json: { url: "http://hook.example.test/in" } });
  return String(reply.body.id);
}

function fill(operation: Operation, values: Record<string, string>): string {
  return operation.path.replace(/:(\w+)/g, (_, name: string) => values[name] ?? "987654321");
}

/** Sends parameters where this method takes them. */
function send(operation: Operation, path: string, params: Record<string, unknown>, options: CallOptions = {}): Promise<Reply> {
  const headers = { ...goodCredentials[operation.caller], ...options.headers };
  if (takesBody(operation)) return call(operation.method, path, { ...options, headers, json: params });
  const pairs = Object.entries(params).flatMap(([name, value]) => asQuery(name, value));
  return call(operation.method, `${path}?${pairs.join("&")}`, { ...options, headers });
}

function asQuery(name: string, value: unknown): string[] {
  if (typeof value === "object" && value !== null && name.length < 200) {
    const entries = Array.isArray(value) ? value.map((each) => ["", each] as const) : Object.entries(value);
    return entries.length === 0 ? [`${name}[]=`] : entries.flatMap(([key, each]) => asQuery(`${name}[${key}]`, each));
  }
  // A lone surrogate cannot be written as UTF-8: its three bytes are sent as they would be.
  const text = encodeURIComponent(String(value).toWellFormed()).replaceAll("%EF%BF%BD", "%ED%A0%80");
  return [`${name}=${text}`];
}

/** Holds of every answer: never a failure, JSON or nothing, a refusal that its caller can read, no secret in it. */
function expectOrderly(operation: Operation, reply: Reply, secret: string = goodSecret(operation)): void {
  const told = `${nameOf(operation)}: ${reply.status} ${JSON.stringify(reply.body)?.slice(0, 300)}`;
  expect(reply.status, told).toBeLessThan(500);
  expect(reply.headers.get("RateLimit-Limit")).toBeNull();
  if (reply.body === undefined) expect(reply.headers.get("Content-Type"), told).toBeNull();
  else expect(reply.headers.get("Content-Type"), told).toBe("application/json");
  const answer = JSON.stringify([reply.body, [...reply.headers]]);
  if (secret !== "") expect(answer.includes(secret), `${told} holds the credential`).toBe(false);
  if (reply.status < 400) return;
  expect(reply.body, told).toBeTypeOf("object");
  const { message, error } = reply.body;
  if (tellsErrors(operation)) expect(["string", "object"].includes(typeof (message ?? error)), told).toBe(true);
  else expect(typeof message, told).toBe("string");
}

function goodSecret({ caller }: Operation): string {
  return caller === "shell" ? shellSecret : rootToken;
}

/** Whether its callers are told of faults by `error` too. */
const tellsErrors = ({ dialect }: Operation) => dialect === "rest" || dialect === "kas";
const unauthorized = ({ dialect }: Operation) => ({ message: dialect === "kas" ? "KAS JWT authentication invalid" : "401 Unauthorized" });
const brokenBody = (operation: Operation) =>
  tellsErrors(operation)
    ? { error: "message body does not match declared format" }
    : { message: "400 Bad request - body is not a JSON object" };
const json = { "Content-Type": "application/json" };

describe.each(table)("%s", (_, operation) => {
  it("asks for a credential before anything else", async () => {
    const path = fill(operation, {});
    const bodies: CallOptions[] = takesBody(operation) ? [{}, { raw: "{", headers: json }, { json: { nonsense: [] } }] : [{}];
    for (const options of bodies) {
      const reply = await call(operation.method, path, options);
      expectOrderly(operation, reply);
      if (!needsCredential(operation)) continue;
      expect([reply.status, reply.body]).toEqual([401, unauthorized(operation)]);
    }
  });

  it("refuses every credential that is not good for it, and does not repeat it", async () => {
    for (const { headers = {}, query = "", secret, name } of badCredentials[operation.caller]) {
      const reply = await call(operation.method, `${fill(operation, {})}?${query}`, { headers });
      expectOrderly(operation, reply, secret);
      expect([name, reply.status]).toEqual([name, 401]);
    }
  });

  it("takes no credential in a form that it cannot have", async () => {
    if (!takesBody(operation) || !needsCredential(operation)) return;
    for (const odd of [{}, [], [rootToken], 1, true, { a: shellSecret }]) {
      const reply = await call(operation.method, fill(operation, {}), {
        json: { private_token: odd, access_token: odd, secret_token: odd },
      });
      expectOrderly(operation, reply, shellSecret);
      expect(reply.status).toBe(401);
    }
  });

  it("is there with a trailing slash and with a doubled leading one, and for no other verb", async () => {
    const path = fill(operation, {});
    const plain = await call(operation.method, path);
    for (const other of [`${path}/`, `http://gitlab.example.test//api/v4${path}`]) {
      const reply = await call(operation.method, other);
      expect([other, reply.status, reply.body]).toEqual([other, plain.status, plain.body]);
    }
    const isMatch = (each: Operation) => new RegExp(`^${each.path.replace(/:\w+/g, "[^/]+")}$`).test(path);
    const verbs = new Set<string>(operations.filter(isMatch).map((each) => each.method));
    for (const verb of ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((each) => !verbs.has(each))) {
      const reply = await call(verb, path);
      expect([verb, reply.status, reply.body]).toEqual([verb, 405, { error: "405 Not Allowed" }]);
      expect(reply.headers.get("Content-Type")).toBe("application/json");
      const allowed = (reply.headers.get("Allow") ?? "").split(", ").filter((each) => each !== "HEAD");
      expect(allowed.toSorted()).toEqual([...verbs].toSorted());
    }
  });

  it("refuses a body that is too large, told or untold", async () => {
    if (!takesBody(operation)) return;
    const tooLarge = new Uint8Array(operation.limitBytes + 1).fill(0x20);
    const untold = () => {
      let left = tooLarge.byteLength;
      return new ReadableStream<Uint8Array>({
        pull(controller) {
          if (left <= 0) return controller.close();
          controller.enqueue(tooLarge.subarray(0, Math.min(left, 65_536)));
          left -= 65_536;
        },
      });
    };
    for (const raw of [tooLarge, untold()]) {
      const reply = await call(operation.method, fill(operation, {}), { raw, headers: { ...json, ...goodCredentials[operation.caller] } });
      expectOrderly(operation, reply);
      expect([reply.status, reply.body]).toMatchObject([413, { message: "413 Request Entity Too Large" }]);
    }
  });

  it("refuses a body that is not what it says it is", async () => {
    if (!takesBody(operation)) return;
    const path = fill(operation, await existingPath(operation));
    const broken: [string, BodyInit, string][] = [
      ["cut off", '{"a":', "application/json"],
      ["a list", "[1,2]", "application/json"],
      ["a text", '"a"', "application/json"],
      ["null", "null", "application/json"],
      ["nested without end", "[".repeat(200_000), "application/json"],
      ["not UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), "application/json; charset=utf-8"],
      ["a form that is not UTF-8", new Uint8Array([0x61, 0x3d, 0xff, 0xfe]), "application/x-www-form-urlencoded"],
      ["no multipart", "content-disposition", "multipart/form-data; boundary=x"],
      ["multipart without a boundary", "content-disposition", "multipart/form-data"],
    ];
    for (const [name, raw, type] of broken) {
      const reply = await call(operation.method, path, { raw, headers: { ...goodCredentials[operation.caller], "Content-Type": type } });
      expectOrderly(operation, reply);
      expect([name, reply.status, reply.body]).toMatchObject([name, 400, brokenBody(operation)]);
    }
    const foreign = await call(operation.method, path, {
      raw: "<a/>",
      headers: { ...goodCredentials[operation.caller], "Content-Type": "text/xml" },
    });
    expectOrderly(operation, foreign);
    expect(foreign.status).toBe(400);
  });

  it("takes an empty body, whatever it says it is, as no parameters", async () => {
    for (const type of ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/xml"]) {
      const path = fill(operation, await existingPath(operation));
      const headers = { ...goodCredentials[operation.caller], "Content-Type": type };
      const reply = await call(operation.method, path, takesBody(operation) ? { raw: "", headers } : { headers });
      expectOrderly(operation, reply);
      expect(reply.body).not.toMatchObject(brokenBody(operation));
    }
  });

  it("answers odd parameters", { timeout: 120_000 }, async () => {
    const path = fill(operation, await existingPath(operation));
    const { properties } = shownParameters(operation);
    for (const value of oddValues) {
      const all = Object.fromEntries(Object.keys(properties).map((name) => [name, value]));
      expectOrderly(operation, await send(operation, path, { ...all, "": value, ["__proto__"]: value, constructor: value, page: value }));
    }
    for (const query of ["%", "%zz=%zz", "a[=1&]=2&[]=3", "a[b][c][d][e][f][g][h]=1", "=", "&&&", "a[]=1&".repeat(12_000)]) {
      expectOrderly(operation, await call(operation.method, `${path}?${query}`, { headers: goodCredentials[operation.caller] }));
    }
  });

  it("answers one odd parameter among good ones", { timeout: 120_000 }, async () => {
    const { properties, required } = shownParameters(operation);
    const place = await existingPath(operation);
    for (const odd of Object.keys(properties)) {
      for (const value of required.includes(odd) ? oddValues : [{ a: 1 }, "a\u0000b", 1e308, "\ud800"]) {
        const params = { ...(await goodParams(operation)), [odd]: value };
        expectOrderly(operation, await send(operation, fill(operation, place), params));
      }
    }
  });

  it("answers odd segments of its path", { timeout: 120_000 }, async () => {
    const place = await existingPath(operation);
    for (const odd of segmentsOf(operation.path)) {
      for (const segment of oddSegments) {
        expectOrderly(operation, await send(operation, fill(operation, { ...place, [odd]: segment }), await goodParams(operation)));
      }
    }
  });

  it("answers the same request three times at once", async () => {
    const path = fill(operation, await existingPath(operation));
    const good = await goodParams(operation);
    for (const reply of await Promise.all([1, 2, 3].map(() => send(operation, path, good)))) expectOrderly(operation, reply);
  });
});

const oddValues: unknown[] = [
  nested(2_000),
  {},
  { a: { b: [1] } },
  { 0: "a", 1: { b: 2 } },
  [],
  [null],
  [[1], { a: 1 }, "x"],
  [1e308, -1e308],
  null,
  "",
  " ",
  -1,
  0.5,
  1e308,
  2 ** 53 + 2,
  "9223372036854775808",
  "-0",
  "1e3",
  "NaN",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\u202e\ufeff\u200b",
  "💥".repeat(2_000),
  "x".repeat(100_000),
  "9".repeat(5_000),
  "'); drop table users; --",
  "0000-00-00",
  "2021-13-45T99:99:99Z",
  "+275760-09-14",
  "%s%n${a}{{a}}",
];

const oddSegments = [
  "%00",
  "a%00b",
  "%ED%A0%80",
  "%",
  "%zz",
  "%25",
  "%2F",
  "a%2F..%2Fb",
  "-1",
  "0",
  "1.5",
  "1e3",
  "9007199254740993",
  "9".repeat(400),
  "x".repeat(5_000),
  "%F0%9F%92%A5",
  "'--",
  "*",
  "__proto__",
];

function nested(depth: number): unknown {
  return JSON.parse(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`);
}

/** What a request needs to get as far as it can: what is required, and what `knownValues` knows more of. */
async function goodParams(operation: Operation): Promise<Record<string, unknown>> {
  const { properties, required } = shownParameters(operation);
  const names = Object.keys(properties).filter((name) => required.includes(name) || name in knownValues);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await goodValue(name, properties[name] ?? {})])));
}

function goodValue(name: string, schema: Schema): unknown {
  const known = knownValues[name];
  if (known !== undefined) return known();
  const type = [schema["type"]].flat()[0];
  if (schema["enum"] !== undefined) return schema["enum"][0];
  if (type === "integer" || type === "number") return 1;
  if (type === "boolean") return true;
  if (type === "array") return [];
  return unique("thing-");
}

const knownValues: Record<string, () => unknown> = {
  name: () => unique("thing-"),
  title: () => "title",
  key: newKeyLine,
  email: () => `${unique("somebody")}@example.test`,
  password: () => "correct horse battery staple",
  scopes: () => ["api"],
  access_level: () => 30,
  user_id: async () => (await addUser()).id,
  gl_repository: async () => `project-${(await addProject(await addGroup({ visibility: "public" }), { visibility: "public" })).id}`,
  action: () => "git-upload-pack",
  protocol: () => "ssh",
  changes: () => "_any",
  url: () => "http://hook.example.test/in",
};

describe("what is no operation", () => {
  it.each(["/no/such/route", "/projects/a/b", "/internal", "/internal/nothing", "/", "/%00", `/${"a/".repeat(200)}`])(
    "answers %s with 404 in JSON",
    async (path) => {
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
        const reply = await call(method, path);
        expect([method, reply.status, reply.body]).toEqual([method, 404, { error: "404 Not Found" }]);
        expect(reply.headers.get("Content-Type")).toBe("application/json");
      }
    },
  );

  it("says that version 3 is gone", async () => {
    for (const path of ["/api/v3", "/api/v3/projects", "/api/v3/internal/allowed"]) {
      const reply = await call("POST", `http://gitlab.example.test${path}`);
      expect([path, reply.status, reply.body]).toEqual([path, 410, { error: "API V3 is no longer supported. Use API V4 instead." }]);
    }
  });

  it("answers HEAD as GET, without a body", async () => {
    for (const operation of operations.filter(({ method }) => method === "GET")) {
      const headers = goodCredentials[operation.caller];
      const path = fill(operation, await existingPath(operation));
      const [head, get] = [await call("HEAD", path, { headers }), await call("GET", path, { headers })];
      expect([nameOf(operation), head.status, head.body]).toEqual([nameOf(operation), get.status, undefined]);
      expect(head.headers.get("Content-Type")).toBe(get.headers.get("Content-Type"));
    }
  });
});
