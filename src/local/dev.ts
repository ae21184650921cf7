/** `npm run dev [-- --port N]`: migrations, secrets, the Worker, demo data, and lines to paste. */
import { ensureDevVars, settingsIn } from "./dev-vars.ts";
import { demoLines, seedDemo } from "./seed-demo.ts";
import { applyMigrations, isServing, portFrom, startWorker, stopWorker, waitUntilServing } from "./server.ts";

const port = portFrom(process.argv.slice(2));
if (await isServing(port)) {
  console.error(`Something already serves on port ${port}. Stop it, or choose another: npm run dev -- --port ${port + 1}`);
  process.exit(1);
}
const vars = ensureDevVars();
applyMigrations();
const worker = startWorker(port, { shows: true, settings: settingsIn(vars) });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopWorker(worker));
worker.on("exit", (code) => process.exit(code ?? 0));
try {
  await waitUntilServing(port, worker);
  const demo = await seedDemo(`http://127.0.0.1:${port}`, vars["GATEHOUSE_ROOT_TOKEN"] ?? "");
  console.log(demoLines(`http://127.0.0.1:${port}`, vars, demo));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  stopWorker(worker);
  process.exitCode = 1;
}
