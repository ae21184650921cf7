import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** Says which process serves the local data, and where: two at once would spoil it, and a reset under one too. */
const file = ".wrangler/gatehouse.json";

export interface Running {
  pid: number;
  port: number;
}

/** The server of the local data that runs now; null where none does. */
export function findRunning(): Running | null {
  try {
    const running = JSON.parse(readFileSync(file, "utf8")) as Running;
    process.kill(running.pid, 0);
    return running;
  } catch {
    return null;
  }
}

export function noteRunning(port: number): void {
  mkdirSync(".wrangler", { recursive: true });
  writeFileSync(file, JSON.stringify({ pid: process.pid, port }));
  process.on("exit", () => rmSync(file, { force: true }));
}
