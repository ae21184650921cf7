import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { makeKeyPair } from "./ssh.ts";

export interface ShellConfig {
  gitlabUrl: string;
  secret: string;
}

/** A directory with the `config.yml` of gitlab-shell's programs, which log into it. `more` are further lines. */
export function writeShellConfig(directory: string, config: ShellConfig, more: readonly string[] = ["log_file: gitlab-shell.log"]): string {
  mkdirSync(directory, { recursive: true });
  const lines = ["user: git", "log_format: json", `gitlab_url: ${config.gitlabUrl}`, `secret: ${config.secret}`, ...more];
  writeFileSync(join(directory, "config.yml"), `${lines.join("\n")}\n`);
  return directory;
}

export interface SshServer {
  port: number;
  /** File with its host key, for ssh. */
  knownHosts: string;
  stop(): Promise<void>;
}

/** Starts gitlab-sshd on a free loopback port, with `env` in its environment; ready when this resolves. */
export async function startGitlabSshd(
  programs: string,
  directory: string,
  config: ShellConfig,
  env: Record<string, string> = {},
): Promise<SshServer> {
  mkdirSync(directory, { recursive: true });
  const hostKey = makeKeyPair(directory, "host-key");
  const port = await freePort();
  const sshd = [
    "sshd:",
    `  listen: 127.0.0.1:${port}`,
    '  web_listen: ""',
    "  grace_period: 1",
    "  host_key_files:",
    `    - ${hostKey.file}`,
  ];
  writeShellConfig(directory, config, ["log_file: gitlab-sshd.log", ...sshd]);
  const child = spawn(join(programs, "gitlab-sshd"), ["-config-dir", directory], {
    stdio: ["ignore", "inherit", "pipe"],
    env: { ...process.env, ...env },
  });
  const said: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const failed = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`gitlab-sshd ended with ${code} before it listened:\n${said.join("")}`)));
  });
  // What it fails with later is what its stop() is for.
  failed.catch(() => {});
  await Promise.race([failed, untilSomebodyListens(port)]).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  const knownHosts = join(directory, "known_hosts");
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${hostKey.line}\n`);
  const stop = async () => {
    child.kill("SIGTERM");
    await Promise.race([ended, setTimeout(3_000, undefined, { ref: false })]);
    child.kill("SIGKILL");
    await ended;
  };
  return { port, knownHosts, stop };
}

/** A loopback port that nobody listens on. Versions of gitlab-sshd differ in whether they say which one they chose. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilSomebodyListens(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (await isListening(port)) return;
    await setTimeout(100);
  }
  throw new Error(`Nobody listens on port ${port} after ten seconds.`);
}

function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
