import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { SignJWT, UnsecuredJWT, generateKeyPair } from "jose";
import { eq } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";
import { readAgentToken } from "../../src/auth/agent-token.ts";
import { verifyKasJwt } from "../../src/auth/kas-jwt.ts";
import { agentActivityEvents, clusterAgentTokens } from "../../src/db/schema/index.ts";
import { recordAgentUse } from "../../src/db/agent-tokens.ts";
import { isUseDue } from "../../src/domain/agents/token-use.ts";
import { asKas, call, kasJwt, kasKey } from "../setup/call.ts";
import { addAgent, addAgentToken, addGroup, addProject, db, type Project } from "../setup/world.ts";

const path = "/internal/kubernetes/agent_info";
const jwtRefused = { message: "KAS JWT authentication invalid" };
const tokenRefused = { message: "401 Unauthorized" };
const now = () => Math.floor(Date.now() / 1000);

let project: Project;
let agent: Awaited<ReturnType<typeof addAgent>>;

beforeAll(async () => {
  project = await addProject(await addGroup());
});
beforeEach(async () => {
  agent = await addAgent(project);
});

function ask(headers: Record<string, string>) {
  return call("GET", path, { headers });
}
async function askWithJwt(jwt: string) {
  return ask({ "Gitlab-Kas-Api-Request": jwt, Authorization: `Bearer ${agent.token}` });
}

describe("the Kubernetes agent server", () => {
  it("117 is refused without a JWT, or with an empty one", async () => {
    expect(await ask({})).toMatchObject({ status: 401, body: jwtRefused });
    expect(await ask({ "Gitlab-Kas-Api-Request": "", Authorization: `Bearer ${agent.token}` })).toMatchObject({
      status: 401,
      body: jwtRefused,
    });
  });

  it("118 is refused with another key, the text of the secret included", async () => {
    for (const key of [new Uint8Array(32), kasKey.slice(0, 31), new TextEncoder().encode("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=")]) {
      expect(await askWithJwt(await kasJwt({}, key))).toMatchObject({ status: 401, body: jwtRefused });
    }
  });

  it.each(["something", ["something"], [], "", "gitlab-kas", null, { gitlab: true }, 7])(
    "120 is refused with the audience %j",
    async (aud) => {
      expect(await askWithJwt(await kasJwt({ aud }))).toMatchObject({ status: 401, body: jwtRefused });
    },
  );

  it.each([undefined, "gitlab", ["gitlab"], ["other", "gitlab"]])("120 is let in with the audience %j", async (aud) => {
    expect((await askWithJwt(await kasJwt({ aud }))).status).toBe(200);
  });

  it("121 is let in by a JWT that never expires", async () => {
    expect((await askWithJwt(await kasJwt({ exp: undefined, nbf: undefined, iat: undefined, aud: undefined }))).status).toBe(200);
  });

  it("122 is refused a second too late, or too early", async () => {
    expect(await askWithJwt(await kasJwt({ exp: now() - 1 }))).toMatchObject({ status: 401, body: jwtRefused });
    expect(await askWithJwt(await kasJwt({ nbf: now() + 3 }))).toMatchObject({ status: 401, body: jwtRefused });
  });

  it.each(["gitlab-shell", "", undefined, "GITLAB-KAS"])("is refused as issuer %j", async (iss) => {
    expect(await askWithJwt(await kasJwt({ iss }))).toMatchObject({ status: 401, body: jwtRefused });
  });

  it("is refused whatever other algorithm its JWT names", async () => {
    const claims = { iss: "gitlab-kas", aud: "gitlab" };
    const pairs = await Promise.all(["RS256", "ES256"].map(async (alg) => ({ alg, key: (await generateKeyPair(alg)).privateKey })));
    const signed = [...pairs, { alg: "HS384", key: kasKey }, { alg: "HS512", key: kasKey }].map(({ alg, key }) =>
      new SignJWT(claims).setProtectedHeader({ alg }).sign(key),
    );
    for (const jwt of [new UnsecuredJWT(claims).encode(), ...(await Promise.all(signed))]) {
      expect(await askWithJwt(jwt)).toMatchObject({ status: 401, body: jwtRefused });
    }
  });

  it("verifies the token of the contract, in its time and not out of it", async () => {
    const key = Uint8Array.from({ length: 32 }, (_, index) => index);
    const jwt =
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOlsiZ2l0bGFiIl0sImV4cCI6MTYyMzU4NTYwNSwiaWF0IjoxNjIzNTg1NjAwLCJpc3MiOiJnaXRsYWIta2FzIiwibmJmIjoxNjIzNTg1NTk1fQ.B_kunSgsozyRkwBAqO9C8g4VU5b2kTEbSBpBDtn09CQ";
    const at = (seconds: number) => verifyKasJwt(jwt, key, new Date(seconds * 1000));
    expect(await Promise.all([1623585594, 1623585595, 1623585600, 1623585604, 1623585605].map(at))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  it("is told of its JWT before anything else is said", async () => {
    const reply = await call("GET", path, { headers: { Authorization: "Bearer glagent-unknown" } });
    expect(reply).toMatchObject({ status: 401, body: jwtRefused });
  });
});

describe("an agent", () => {
  it("125 126 is refused without a token, and with one that nobody has", async () => {
    expect(await asKas("GET", "/agent_info")).toMatchObject({ status: 401, body: tokenRefused });
    expect(await asKas("GET", "/agent_info", { agentToken: "NONEXISTENT" })).toMatchObject({ status: 401, body: tokenRefused });
    expect(await asKas("GET", "/agent_info", { agentToken: `${agent.token}x` })).toMatchObject({ status: 401, body: tokenRefused });
  });

  it("130 is refused with a token that was revoked", async () => {
    await db.query.update(clusterAgentTokens).set({ status: "revoked" }).where(eq(clusterAgentTokens.id, agent.tokenId));
    expect(await asKas("GET", "/agent_info", { agentToken: agent.token })).toMatchObject({ status: 401, body: tokenRefused });
  });

  it.each(["Bearer ", "bearer ", "Token ", "token   "])("shows its token behind the word %j", async (scheme) => {
    expect((await asKas("GET", "/agent_info", { headers: { Authorization: `${scheme}${agent.token}` } })).status).toBe(200);
  });

  it("shows its token in the header of its own, which decides alone", async () => {
    const inOwn = (token: string, bearer?: string) =>
      asKas("GET", "/agent_info", { headers: { "Gitlab-Agent-Api-Request": token, ...(bearer && { Authorization: `Bearer ${bearer}` }) } });
    expect((await inOwn(agent.token)).status).toBe(200);
    expect((await inOwn(agent.token, "NONEXISTENT")).status).toBe(200);
    expect((await inOwn("NONEXISTENT", agent.token)).status).toBe(401);
    expect((await inOwn("", agent.token)).status).toBe(401);
  });

  it("reads no token from other words", () => {
    for (const text of ["Basic abc", "abc", "Bearer", "Bearer ", "Bearer a b", ""]) {
      expect(readAgentToken(new Headers({ Authorization: text }))).toBeNull();
    }
  });
});

/** The database, where whatever would be written down of a token's use is refused. */
function withoutWrites() {
  const refused = () => Promise.reject(new Error("D1_ERROR: no writes now"));
  return {
    withSession() {
      const session = env.DB.withSession("first-primary");
      let isWrite = false;
      return {
        prepare(text: string) {
          isWrite ||= text.includes("agent_activity_events");
          return session.prepare(text);
        },
        batch: (statements: D1PreparedStatement[]) => (isWrite ? refused() : session.batch(statements)),
        getBookmark: () => session.getBookmark(),
      };
    },
  };
}

describe("the use of a token", () => {
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  const usedAt = async () =>
    (await db.query.select().from(clusterAgentTokens).where(eq(clusterAgentTokens.id, agent.tokenId)))[0]!.lastUsedAt?.getTime() ?? null;
  const setUse = (lastUsedAt: Date | null) =>
    db.query.update(clusterAgentTokens).set({ lastUsedAt }).where(eq(clusterAgentTokens.id, agent.tokenId));
  const connections = () => db.query.select().from(agentActivityEvents).where(eq(agentActivityEvents.agentId, agent.agent.id));

  it.each([null, minutesAgo(60), minutesAgo(56)])("128 is written down where the last one was %s", async (last) => {
    await setUse(last);
    const begun = Date.now();
    expect((await asKas("GET", "/agent_info", { agentToken: agent.token })).status).toBe(200);
    await expect.poll(usedAt).toBeGreaterThanOrEqual(begun);
  });

  it("is written down of a call that is refused for its parameters too", async () => {
    expect((await asKas("POST", "/modules/cilium_alert", { agentToken: agent.token, json: {} })).status).toBe(400);
    await expect.poll(usedAt).not.toBeNull();
  });

  it.each([5, 39])("128 is not written down %d minutes after the last one", async (minutes) => {
    const last = minutesAgo(minutes);
    await setUse(last);
    await asKas("GET", "/agent_info", { agentToken: agent.token });
    await asKas("GET", "/agent_info", { agentToken: agent.token });
    expect(await usedAt()).toBe(last.getTime());
  });

  it("129 fails without failing the call", async () => {
    const context = createExecutionContext();
    const headers = { "Gitlab-Kas-Api-Request": await kasJwt(), Authorization: `Bearer ${agent.token}` };
    const reply = await app.request(`http://gitlab.example.test/api/v4${path}`, { headers }, { ...env, DB: withoutWrites() }, context);
    await waitOnExecutionContext(context);
    expect([reply.status, await usedAt(), await connections()]).toEqual([200, null, []]);
  });

  it("is due after 40 to 55 minutes, as chance has it", () => {
    const at = new Date("2026-01-01T12:00:00Z");
    const due = (minutes: number, random: number) => isUseDue(new Date(at.getTime() - minutes * 60_000), at, random);
    expect([due(40, 0), due(40.1, 0), due(54.9, 1), due(55.1, 1), due(47, 0.5), due(48, 0.5)]).toEqual([
      false,
      true,
      false,
      true,
      false,
      true,
    ]);
    expect(isUseDue(null, at, 1)).toBe(true);
  });

  it("is a connection of the agent where none of its tokens was used for an hour, once", async () => {
    const { tokenId } = await addAgentToken(agent.agent);
    const at = new Date();
    const use = (token: number, when: Date) => recordAgentUse(db, { id: agent.agent.id, tokenId: token }, when);
    await Promise.all([use(agent.tokenId, at), use(tokenId, at), use(agent.tokenId, at)]);
    expect(await connections()).toMatchObject([{ kind: "agent_connected", recordedAt: at, userId: null }]);
    await use(tokenId, new Date(at.getTime() + 59 * 60_000));
    expect(await connections()).toHaveLength(1);
    await use(agent.tokenId, new Date(at.getTime() + 120 * 60_000));
    expect(await connections()).toHaveLength(2);
  });

  it("is not written down of a token that was revoked or deleted meanwhile", async () => {
    await db.query.update(clusterAgentTokens).set({ status: "revoked" }).where(eq(clusterAgentTokens.id, agent.tokenId));
    await recordAgentUse(db, { id: agent.agent.id, tokenId: agent.tokenId }, new Date());
    await recordAgentUse(db, { id: agent.agent.id, tokenId: 987_654_321 }, new Date());
    expect([await usedAt(), await connections()]).toEqual([null, []]);
  });
});
