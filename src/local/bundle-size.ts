/** `npm run bundle`: builds the Worker as production deploys it and fails where it has grown beyond its budget. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const budgetKiB = 128;
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
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
  const plain = files.reduce((sum, bytes) => sum + bytes.length, 0);
  const packed = files.reduce((sum, bytes) => sum + gzipSync(bytes).length, 0);
  const sizes = `${kib(packed)} KiB gzipped, ${kib(plain)} KiB as it is`;
  if (files.length === 0) throw new Error("wrangler built no file.");
  if (packed > budgetKiB * 1024) throw new Error(`The Worker is too large: ${sizes}; its budget is ${budgetKiB} KiB gzipped.`);
  console.log(`The Worker is within its budget of ${budgetKiB} KiB: ${sizes}.`);
}

function kib(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}
