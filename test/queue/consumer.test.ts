import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { expect, it } from "vitest";
import { consume } from "../../src/queue/consumer.ts";

it("hands every message of an unknown kind back, each alone, so that the platform keeps it as a dead letter", async () => {
  const batch = createMessageBatch<unknown>("gatehouse-jobs", [
    { id: "one", timestamp: new Date(), attempts: 1, body: { kind: "nothing-known" } },
    { id: "two", timestamp: new Date(), attempts: 3, body: "not even a job" },
  ]);
  const ctx = createExecutionContext();
  consume(batch);
  const result = await getQueueResult(batch, ctx);
  expect(result.explicitAcks).toEqual([]);
  expect(result.retryMessages.map((message) => message.msgId)).toEqual(["one", "two"]);
});
