/** `npm run seed [-- --port N]`: the demo data, through a Worker that runs already or one started for the purpose. */
import { ensureDevVars, settingsIn } from "./dev-vars.ts";
import { demoLines, seedDemo } from "./seed-demo.ts";
import { findRunning, noteRunning } from "./running.ts";
import { applyMigrations, defaultPort, isServing, portFrom, startWorker, stopWorker, waitUntilServing } from "./server.ts";

const running = findRunning();
const port = running?.port ?? portFrom(process.argv.slice(2)) ?? defaultPort;
const vars = ensureDevVars();
if (running === null) {
  if (await isServing(port)) {
    console.error(`Something else serves on port ${port}: choose another, npm run seed -- --port ${port + 1}`);
    process.exit(1);
  }
  noteRunning(port);
  applyMigrations();
}
const worker = running !== null ? null : startWorker(port, { shows: false, settings: settingsIn(vars) });
try {
  if (worker !== null) await waitUntilServing(port, worker);
  const demo = await seedDemo(`http://127.0.0.1:${port}`, vars["GATEHOUSE_ROOT_TOKEN"] ?? "");
  if (worker !== null) console.log("\nThe demo data is there. The lines below work once npm run dev serves.");
  console.log(demoLines(`http://127.0.0.1:${port}`, vars, demo));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  if (worker !== null) stopWorker(worker);
}
