import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

/** Megabytes of heap besides the bytes of the bodies, which are 12 each; an isolate has 128 in all. */
it.each([
  [1, 40, "allowed 100000"],
  [2, 56, "allowed 100000, allowed 100000"],
])("%i pushes of 100,000 refs at once are judged with %i MB of heap", async (atOnce, megabytes, expected) => {
  const heap = [`--max-old-space-size=${megabytes}`, "--max-semi-space-size=4"];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...heap,
    "--experimental-transform-types",
    "--no-warnings",
    "test/clients/setup/judge-large-push.ts",
    String(atOnce),
  ]);
  expect(stdout.trim()).toBe(expected);
});
