/** `npm run reset`: forgets all local data (D1, objects, queues). The secrets in .dev.vars and the demo key stay. */
import { rmSync } from "node:fs";
import { isServing, localState, portFrom } from "./server.ts";

const port = portFrom(process.argv.slice(2));
if (await isServing(port)) {
  console.error(`A Worker serves on port ${port}: stop it first.`);
  process.exit(1);
}
rmSync(localState, { recursive: true, force: true });
console.log("The local data is gone; npm run dev makes it anew.");
