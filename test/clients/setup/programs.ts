import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Whether a program of this name is in the PATH. */
export function hasProgram(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return directory !== "";
    } catch {
      return false;
    }
  });
}

/**
 * For tests that need something which not every machine has: null where nothing is missing. Otherwise says plainly what
 * is skipped and why, and answers it; in CI, where everything has to be tried, it throws.
 */
export function reasonToSkip(tests: string, missing: readonly string[]): string | null {
  if (missing.length === 0) return null;
  const reason = `${tests}: not tried, because ${missing.join("; ")}`;
  if (process.env["CI"]) throw new Error(reason);
  console.warn(`SKIPPED ${reason}`);
  return reason;
}
