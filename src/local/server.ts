import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";

const wrangler = "node_modules/wrangler/bin/wrangler.js";
const quiet = { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false", CI: "true" };

export const localState = ".wrangler/state";

/** Brings the local D1 to the newest migration. */
export function applyMigrations(): void {
  const result = spawnSync(process.execPath, [wrangler, "d1", "migrations", "apply", "DB", "--local"], { env: quiet, encoding: "utf8" });
  if (result.status !== 0) {
    throw new Error(`The migrations could not be applied:\n${result.stdout}\n${result.stderr}`);
  }
}

/** Starts the Worker on loopback with Cloudflare Access off. */
export function startWorker(port: number, options: { shows: boolean; settings: Record<string, string> }): ChildProcess {
  const defaults = { EXTERNAL_URL: `http://127.0.0.1:${port}`, SSH_CLONE_PREFIX: "ssh://git@127.0.0.1:2222/" };
  const vars = { ...defaults, ...options.settings, ACCESS: "off" };
  const args = ["dev", "--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0", "--show-interactive-dev-session=false"];
  const flags = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const log = options.shows ? "inherit" : "ignore";
  return spawn(process.execPath, [wrangler, ...args, ...flags], { env: quiet, stdio: ["ignore", log, "inherit"], detached: true });
}

/** `wrangler dev` is a tree of processes: all of them end. */
export function stopWorker(worker: ChildProcess): void {
  if (worker.pid === undefined || worker.exitCode !== null) return;
  try {
    process.kill(-worker.pid, "SIGTERM");
  } catch {
    worker.kill("SIGTERM");
  }
}

/** Whether a Worker answers on this port. */
export async function isServing(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/-/health`, { signal: AbortSignal.timeout(2_000) });
    return response.ok;
  } catch {
    return false;
  }
}

/** Waits until it serves; throws where it ended or did not come up in a minute. */
export async function waitUntilServing(port: number, worker: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 240; tries += 1) {
    if (worker.exitCode !== null) throw new Error(`The Worker ended with status ${worker.exitCode} before it served.`);
    if (await isServing(port)) return;
    await wait(250);
  }
  throw new Error("The Worker did not begin to serve within a minute.");
}

export const defaultPort = 8787;

/** `--port N`, the only option there is; null where it is not given. Ends the program with what is wrong with any other. */
export function portFrom(args: string[]): number | null {
  try {
    const { values } = parseArgs({ args, options: { port: { type: "string" } } });
    if (values.port === undefined) return null;
    const port = Number(values.port);
    if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
    console.error("--port takes a number from 1 to 65535");
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  process.exit(2);
}
