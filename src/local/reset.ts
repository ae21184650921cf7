/** `npm run reset`: forgets all local data (D1, objects, queues). The secrets in .dev.vars and what is in .gatehouse/ stay. */
import { rmSync } from "node:fs";
import { findRunning } from "./running.ts";
import { localState } from "./server.ts";

const running = findRunning();
if (running !== null) {
  console.error(`Gatehouse runs on port ${running.port} (process ${running.pid}): stop it first.`);
  process.exit(1);
}
rmSync(localState, { recursive: true, force: true });
console.log("The local data is gone; npm run dev makes it anew.");
