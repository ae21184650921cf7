/** `npm run seed [-- --port N]`: the demo data, through a Worker that runs already or one started for the purpose. */
import { ensureDevVars, settingsIn } from "./dev-vars.ts";
import { demoLines, seedDemo } from "./seed-demo.ts";
import { applyMigrations, isServing, portFrom, startWorker, stopWorker, waitUntilServing } from "./server.ts";

const port = portFrom(process.argv.slice(2));
const vars = ensureDevVars();
const isRunning = await isServing(port);
if (!isRunning) applyMigrations();
const worker = isRunning ? null : startWorker(port, { shows: false, settings: settingsIn(vars) });
try {
  if (worker !== null) await waitUntilServing(port, worker);
  const demo = await seedDemo(`http://127.0.0.1:${port}`, vars["GATEHOUSE_ROOT_TOKEN"] ?? "");
  console.log(demoLines(`http://127.0.0.1:${port}`, vars, demo));
} finally {
  if (worker !== null) stopWorker(worker);
}
