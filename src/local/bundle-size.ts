/**
 * `npm run bundle`: builds the Worker as production deploys it and fails where it has grown beyond its budgets: of what it
 * begins with, which every new isolate has to read, and of all that is uploaded.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const startBudgetKiB = 216;
const wholeBudgetKiB = 280;
/** Imported by whoever needs them, while the Worker runs (src/local/build.ts). */
const later = new Set(["re2js.js", "chardet.js", "otpauth.js"]);
const wrangler = "node_modules/wrangler/bin/wrangler.js";

const directory = mkdtempSync(join(tmpdir(), "gatehouse-bundle-"));
try {
  const args = ["deploy", "--dry-run", "--outdir", directory, "--env", "production"];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" };
  const built = spawnSync(process.execPath, [wrangler, ...args], { env, encoding: "utf8" });
  if (built.status !== 0) throw new Error(`The Worker could not be built:\n${built.stdout}\n${built.stderr}`);
  report(directory);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** What is uploaded: every file but source maps and the note that wrangler leaves beside them. */
function report(built: string): void {
  const files = readdirSync(built, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(map|md)$/.test(entry.name))
    .map((entry) => ({ name: entry.name, bytes: gzipSync(readFileSync(join(entry.parentPath, entry.name))).length }));
  if (files.length === 0) throw new Error("wrangler built no file.");
  const sizeOf = (some: typeof files) => some.reduce((sum, { bytes }) => sum + bytes, 0);
  const start = sizeOf(files.filter(({ name }) => !later.has(name)));
  const whole = sizeOf(files);
  const sizes = `${kib(start)} KiB to begin with (budget ${startBudgetKiB}), ${kib(whole)} KiB in all (budget ${wholeBudgetKiB}), gzipped`;
  if (start > startBudgetKiB * 1024 || whole > wholeBudgetKiB * 1024) throw new Error(`The Worker is too large: ${sizes}.`);
  console.log(`The Worker is within its budgets: ${sizes}.`);
}

function kib(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}
