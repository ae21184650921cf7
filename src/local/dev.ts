/** `npm run dev [-- --port N]`: migrations, secrets, the Worker, demo data, and lines to paste. */
import { ensureDevVars, settingsIn } from "./dev-vars.ts";
import { demoLines, seedDemo } from "./seed-demo.ts";
import { findRunning, noteRunning } from "./running.ts";
import { applyMigrations, defaultPort, isServing, portFrom, startWorker, stopWorker, waitUntilServing } from "./server.ts";

const port = portFrom(process.argv.slice(2)) ?? defaultPort;
const running = findRunning();
if (running !== null) {
  console.error(`Gatehouse runs already, on port ${running.port} (process ${running.pid}).`);
  process.exit(1);
}
if (await isServing(port)) {
  console.error(`Something already serves on port ${port}. Stop it, or choose another: npm run dev -- --port ${port + 1}`);
  process.exit(1);
}
const vars = ensureDevVars();
noteRunning(port);
applyMigrations();
const worker = startWorker(port, { shows: true, settings: settingsIn(vars) });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopWorker(worker));
// A signal that reaches only npm leaves this process without its parent, and with nobody to end it.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) stopWorker(worker);
}, 1_000).unref();
worker.on("exit", (code) => process.exit(code ?? 0));
try {
  await waitUntilServing(port, worker);
  const demo = await seedDemo(`http://127.0.0.1:${port}`, vars["GATEHOUSE_ROOT_TOKEN"] ?? "");
  console.log(`\nGatehouse serves on http://127.0.0.1:${port}\n${demoLines(`http://127.0.0.1:${port}`, vars, demo)}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  stopWorker(worker);
  process.exitCode = 1;
}
