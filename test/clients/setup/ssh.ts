import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sshpk from "sshpk";

export interface KeyPair {
  /** File of the private key. */
  file: string;
  /** `ssh-ed25519 AAAA… comment` */
  line: string;
}

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A directory for keys and configuration that only its owner may read. */
export function makeWorkplace(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "gatehouse-ssh-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function makeKeyPair(directory: string, name: string): KeyPair {
  const key = sshpk.generatePrivateKey("ed25519");
  key.comment = name;
  const file = join(directory, name);
  writeFileSync(file, key.toString("openssh"), { mode: 0o600 });
  return { file, line: key.toPublic().toString("ssh") };
}

/** The system's own ssh, with nothing of the user's configuration, agent or known hosts. */
export function sshOptions(key: KeyPair, knownHosts: string): string[] {
  const options = {
    IdentitiesOnly: "yes",
    IdentityAgent: "none",
    BatchMode: "yes",
    PreferredAuthentications: "publickey",
    StrictHostKeyChecking: "yes",
    GlobalKnownHostsFile: "/dev/null",
    UserKnownHostsFile: knownHosts,
    LogLevel: "ERROR",
  };
  return ["-F", "none", "-T", "-i", key.file, ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`])];
}

/** Runs a program to its end; `input` is written to it, and then its input ends. */
export function runProgram(
  command: string,
  args: readonly string[],
  options: { env?: Record<string, string>; input?: string; cwd?: string } = {},
): Promise<Outcome> {
  // Nothing of this process's environment but where programs are; its declared type asks for the Worker's variables.
  const env = { PATH: process.env["PATH"], HOME: tmpdir(), LC_ALL: "C", ...options.env } as unknown as NodeJS.ProcessEnv;
  const child = spawn(command, args, { env, cwd: options.cwd ?? tmpdir(), timeout: 50_000, stdio: "pipe" });
  const read = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (read.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (read.stderr += text));
  // A program that ends early does not read its input to the end.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...read }));
  });
}
