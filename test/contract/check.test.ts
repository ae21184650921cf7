import { expect, it } from "vitest";
import { asShell } from "../setup/call.ts";

it("answers the four fields of the seed and the name that Gitaly reads", async () => {
  const reply = await asShell("GET", "/internal/check");
  expect(reply.status).toBe(200);
  expect(reply.body).toEqual({
    api_version: "v4",
    gitlab_version: "18.9.0",
    gitlab_rev: "unknown",
    gitlab_revision: "unknown",
    redis: true,
  });
});
