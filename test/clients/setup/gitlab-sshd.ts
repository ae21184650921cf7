import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
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
  const sshd = ["sshd:", "  listen: 127.0.0.1:0", '  web_listen: ""', "  grace_period: 1", "  host_key_files:", `    - ${hostKey.file}`];
  // Without a log file it logs to standard error, where its address is read.
  writeShellConfig(directory, config, ['log_file: ""', ...sshd]);
  const child = spawn(join(programs, "gitlab-sshd"), ["-config-dir", directory], {
    stdio: ["ignore", "inherit", "pipe"],
    env: { ...process.env, ...env },
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const said: string[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    createInterface(child.stderr).on("line", (line) => {
      said.push(line);
      const address = /"tcp_address":"[^"]*:(\d+)"/.exec(line)?.[1];
      if (address !== undefined) resolve(Number(address));
    });
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`gitlab-sshd ended with ${code} before it listened:\n${said.join("\n")}`)));
  });
  const knownHosts = join(directory, "known_hosts");
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${hostKey.line}\n`);
  const stop = async () => {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 3_000);
    await ended;
    clearTimeout(late);
  };
  return { port, knownHosts, stop };
}
