import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { UnsecuredJWT } from "jose";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import { asPortal, asRoot, call, portalJwt, withToken } from "../setup/call.ts";
import { portalKeySet } from "../setup/portal-key.ts";
import { testVars } from "../setup/vars.ts";
import { addGroup, addToken, addUser, unique, type Group } from "../setup/world.ts";

const portalHeader = "X-Customers-Dot-Internal-Token";
const root = testVars.GATEHOUSE_ROOT_TOKEN;
const unauthorized = { status: 401, body: { message: "401 Unauthorized" } };
const forbidden = { status: 403, body: { message: "403 Forbidden" } };
/** A purchase that there was not before. */
const newPack = () => ({ packs: [{ number_of_minutes: 100, expires_at: "2030-01-01", purchase_xid: unique("purchase-") }] });

let group: Group;
let asAda: ReturnType<typeof withToken>;

beforeAll(async () => {
  group = await addGroup();
  asAda = withToken(await addToken(await addUser()));
});
afterEach(() => vi.unstubAllGlobals());

const subscriptionOf = ({ id }: { id: number }) => `/namespaces/${id}/gitlab_subscription`;
const minutesOf = ({ id }: { id: number }) => `/namespaces/${id}/minutes`;

describe("an administrator in the portal's place", () => {
  it("216 is asked for a credential before a parameter", async () => {
    for (const json of [{}, { start_date: "2018-01-01" }, { seats: "many" }]) {
      expect(await call("POST", subscriptionOf(group), { json })).toMatchObject(unauthorized);
    }
    expect(await call("POST", subscriptionOf({ id: 999_999 }))).toMatchObject(unauthorized);
  });

  it("217 218 is nobody else, whatever is sent", async () => {
    for (const json of [{}, { start_date: "2018-01-01" }, newPack()]) {
      expect(await asAda("POST", subscriptionOf(group), { json })).toMatchObject(forbidden);
      expect(await asAda("POST", minutesOf(group), { json })).toMatchObject(forbidden);
      expect(await asAda("POST", subscriptionOf({ id: 999_999 }), { json })).toMatchObject(forbidden);
    }
  });

  it("220 is asked for a credential before minutes are bought or moved", async () => {
    expect(await call("POST", minutesOf(group), { json: newPack() })).toMatchObject(unauthorized);
    expect(await call("PATCH", `/namespaces/${group.id}/minutes/move/${(await addGroup()).id}`)).toMatchObject(unauthorized);
  });

  it.each([
    ["Authorization", `Bearer ${root}`],
    ["TOKEN", root],
    ["token", root],
    ["PRIVATE-TOKEN", root],
  ])("221 may show the token in %s", async (name, value) => {
    const fresh = await addGroup();
    const headers = { [name]: value };
    expect((await call("POST", subscriptionOf(fresh), { headers, json: { start_date: "2018-01-01" } })).status).toBe(201);
    expect((await call("POST", minutesOf(fresh), { headers, json: newPack() })).status).toBe(201);
  });

  it("may show it in TOKEN nowhere else", async () => {
    for (const path of ["/user", "/namespaces", "/projects/1/members"]) {
      expect((await call("GET", path, { headers: { TOKEN: root } })).status).toBe(401);
    }
  });

  it.each([
    ["read_api", 403],
    ["read_user", 403],
  ])("needs more than the scope %s", async (scope, status) => {
    const token = await addToken(await addUser({ isAdmin: true }), { scopes: [scope] });
    expect((await withToken(token)("POST", minutesOf(group), { json: newPack() })).status).toBe(status);
  });
});

describe("the portal by its own token", () => {
  const shown = `/internal/gitlab_subscriptions/namespaces/`;

  it("222 is let in", async () => {
    const reply = await asPortal("GET", shown + group.id);
    expect([reply.status, reply.body.id]).toEqual([200, group.id]);
  });

  it("is the only one under /internal/gitlab_subscriptions/", async () => {
    for (const headers of [{ "PRIVATE-TOKEN": root }, { TOKEN: root }, { Authorization: `Bearer ${root}` }, {}]) {
      expect(await call("GET", shown + group.id, { headers })).toMatchObject(unauthorized);
    }
    expect(await asRoot("GET", `${shown}999999`)).toMatchObject(unauthorized);
    expect(await call("GET", shown + group.id, { headers: { Authorization: `Bearer ${await portalJwt()}` } })).toMatchObject(unauthorized);
  });

  it("226 is refused with a bad token, an administrator's beside it or not", async () => {
    const bad = [
      "",
      "abc.def.ghi",
      root,
      await portalJwt({ exp: Math.floor(Date.now() / 1000) - 1 }),
      await portalJwt({ aud: "gitlab" }),
      await portalJwt({}, { kid: "another" }),
      new UnsecuredJWT({ iss: "https://customers.example.test/", sub: "customers-dot-internal-api", aud: "gitlab-subscriptions" }).encode(),
    ];
    for (const token of bad) {
      for (const beside of [{}, { "PRIVATE-TOKEN": root }, { TOKEN: root }]) {
        const headers = { [portalHeader]: token, ...beside };
        const reply = await call("POST", minutesOf(group), { headers, json: newPack() });
        expect([token, reply]).toMatchObject([token, unauthorized]);
        expect((await call("GET", shown + group.id, { headers })).status).toBe(401);
      }
    }
    const good = { [portalHeader]: await portalJwt(), "PRIVATE-TOKEN": "glpat-nobody-has-this-one" };
    expect((await call("POST", minutesOf(group), { headers: good, json: newPack() })).status).toBe(201);
  });

  describe("whose keys are at an address", () => {
    const address = "https://customers.example.test/keys";
    const vars = { CUSTOMERS_DOT_JWKS: address };
    /** With the same bindings, what was fetched before is kept. */
    async function ask(bindings: object) {
      const url = `http://gitlab.example.test/api/v4${shown}${group.id}`;
      const headers = { [portalHeader]: await portalJwt() };
      return (await app.request(url, { headers }, bindings, createExecutionContext())).status;
    }
    const down = async () => {
      throw new TypeError("network connection lost");
    };

    it("224 is refused while they cannot be had, and let in right after", async () => {
      for (const fresh of [vars, { CUSTOMERS_DOT_JWKS: "" }]) {
        const bindings = { ...env, ...fresh };
        vi.stubGlobal("fetch", down);
        expect([await ask(bindings), await ask(bindings)]).toEqual([401, 401]);
        vi.stubGlobal("fetch", portal);
        expect(await ask(bindings)).toBe(200);
      }
    });

    it("225 is let in by keys that were had before, while it is down", async () => {
      for (const fresh of [vars, { CUSTOMERS_DOT_JWKS: "" }]) {
        const bindings = { ...env, ...fresh };
        vi.stubGlobal("fetch", portal);
        expect(await ask(bindings)).toBe(200);
        vi.stubGlobal("fetch", down);
        expect(await ask(bindings)).toBe(200);
      }
    });

    async function portal(input: RequestInfo | URL): Promise<Response> {
      const issuer = "https://customers.example.test/";
      const told = { issuer, jwks_uri: address, id_token_signing_alg_values_supported: ["RS256"] };
      return Response.json(new Request(input).url.endsWith("/.well-known/openid-configuration") ? told : portalKeySet);
    }
  });

  it("is nobody where no portal is configured", async () => {
    const headers = { [portalHeader]: await portalJwt(), "PRIVATE-TOKEN": root };
    const bindings = { ...env, CUSTOMERS_DOT_URL: "" };
    const request = (path: string) =>
      app.request(`http://gitlab.example.test/api/v4${path}`, { headers }, bindings, createExecutionContext());
    expect([(await request(shown + group.id)).status, (await request(subscriptionOf(group))).status]).toEqual([401, 401]);
  });
});
