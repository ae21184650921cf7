import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { app } from "../../src/app.ts";
import { personalAccessTokens, users } from "../../src/db/schema/index.ts";
import { digestOfToken } from "../../src/domain/tokens/secret.ts";
import { db } from "../setup/world.ts";

/** GET /user with a token, in a deployment whose secret is `secret`; the user name, or the status of a refusal. */
async function whoIs(token: string, secret: string): Promise<string | number> {
  const context = createExecutionContext();
  const init = { headers: { "PRIVATE-TOKEN": token } };
  const response = await app.request("http://gitlab.example.test/api/v4/user", init, { ...env, GATEHOUSE_ROOT_TOKEN: secret }, context);
  const body = await response.json<{ username: string }>();
  await waitOnExecutionContext(context);
  return response.status === 200 ? body.username : response.status;
}

it("is good while it is the deployment's, and again when it is set once more", async () => {
  expect(await whoIs("first", "first")).toBe("root");
  expect(await whoIs("second", "first")).toBe(401);
  expect(await whoIs("second", "second")).toBe("root");
  expect(await whoIs("first", "second")).toBe(401);
  expect(await whoIs("first", "first")).toBe("root");
});

it("makes one row, however many ask at once", async () => {
  const answers = await Promise.all([1, 2, 3, 4].map(() => whoIs("race", "race")));
  expect(answers).toEqual(["root", "root", "root", "root"]);
  expect(
    await db.query
      .select()
      .from(personalAccessTokens)
      .where(eq(personalAccessTokens.digest, digestOfToken("race"))),
  ).toHaveLength(1);
});

it("stays revoked where somebody revoked it", async () => {
  expect(await whoIs("revoked", "revoked")).toBe("root");
  await db.query
    .update(personalAccessTokens)
    .set({ revokedAt: new Date() })
    .where(eq(personalAccessTokens.digest, digestOfToken("revoked")));
  expect(await whoIs("revoked", "revoked")).toBe(401);
});

it("is good while wrong one-time passwords lock the account, and not where it is blocked", async () => {
  expect(await whoIs("way back", "way back")).toBe("root");
  const set = (change: Partial<typeof users.$inferInsert>) => db.query.update(users).set(change).where(eq(users.id, 1));
  try {
    await set({ lockedUntil: new Date(Date.now() + 60_000) });
    expect(await whoIs("way back", "way back")).toBe("root");
    await set({ state: "blocked" });
    expect(await whoIs("way back", "way back")).toBe(403);
  } finally {
    await set({ lockedUntil: null, state: "active" });
  }
});
