import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { asShell, call } from "../setup/call.ts";
import { shellCall } from "../setup/swapped.ts";

const healthy = {
  api_version: "v4",
  gitlab_version: "18.9.0",
  gitlab_rev: "unknown",
  gitlab_revision: "unknown",
  redis: true,
};

it("answers the four fields of the seed and the name that Gitaly reads", async () => {
  const reply = await asShell("GET", "/internal/check");
  expect(reply.status).toBe(200);
  expect(reply.body).toEqual(healthy);
});

it("is found with a doubled slash, as Gitaly sends it where its base ends in one, and with a Content-Type of no body", async () => {
  const headers = { "Content-Type": "application/json", "Accept-Encoding": "gzip" };
  const reply = await asShell("GET", "http://gitlab.example.test//api/v4/internal/check", { headers });
  expect(reply.body).toEqual(healthy);
});

it("says to browsers what GitLab says, also where it refuses", async () => {
  for (const reply of [await asShell("GET", "/internal/check"), await call("GET", "/internal/check")]) {
    expect(reply.headers.get("X-Frame-Options")).toBe("SAMEORIGIN");
    expect(reply.headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(reply.headers.get("Content-Type")).toContain("application/json");
  }
});

it("shows the configured version and revision", async () => {
  const reply = await shellCall("/internal/check", {}, { GITLAB_VERSION: "14.1.2-pre", GITLAB_REVISION: "d69c988e6a6" });
  expect(reply.body).toEqual({ ...healthy, gitlab_version: "14.1.2-pre", gitlab_rev: "d69c988e6a6", gitlab_revision: "d69c988e6a6" });
});

/** A fifth of a second late. */
const slow = () =>
  new Promise<never>((resolve) => {
    setTimeout(() => resolve({ results: [], meta: {} } as never), 200);
  });

/** A database whose statements all end like this. */
const database = (outcome: () => Promise<never>) => {
  const statement = { bind: () => statement, all: outcome, run: outcome, raw: outcome, first: outcome };
  return { withSession: () => ({ prepare: () => statement, batch: outcome, getBookmark: () => null }) };
};

describe("B20: storage does not answer", () => {
  it.each<[string, () => Promise<never>]>([
    ["fails", () => Promise.reject(new Error("D1_ERROR: storage is down"))],
    [
      "fails at once",
      () => {
        throw new Error("D1_ERROR: no such database");
      },
    ],
    ["hangs", () => new Promise(() => {})],
  ])("%s: 200, redis false, within the second", async (_, outcome) => {
    const started = Date.now();
    const reply = await shellCall("/internal/check", {}, { DB: database(outcome) });
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({ ...healthy, redis: false });
    expect(Date.now() - started).toBeLessThan(1_500);
  });

  it("is slow, but not by a second: redis true", async () => {
    expect((await shellCall("/internal/check", {}, { DB: database(slow) })).body).toEqual(healthy);
  });

  it("is asked once, and nothing is read of it", async () => {
    const reply = await shellCall("/internal/check", {}, { DB: env.DB });
    expect(reply.headers.get("Server-Timing")).toMatch(/"1 trip, 1 statement, 0 rows read"$/);
  });
});
