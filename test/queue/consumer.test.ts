import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import worker from "../../src/index.ts";

it("hands every message of an unknown kind back, each alone, so that the platform keeps it as a dead letter", async () => {
  const batch = createMessageBatch("gatehouse-jobs", [
    { id: "one", timestamp: new Date(), attempts: 1, body: { kind: "nothing-known" } },
    { id: "two", timestamp: new Date(), attempts: 3, body: "not even a job" },
  ]);
  const ctx = createExecutionContext();
  await worker.queue?.(batch as MessageBatch<never>, env, ctx);
  const result = await getQueueResult(batch, ctx);
  expect(result.explicitAcks).toEqual([]);
  expect(result.retryMessages.map((message) => message.msgId)).toEqual(["one", "two"]);
});
