import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { changeSuite, type SourceText } from "./debian-sources.ts";
import { hasProgram } from "./programs.ts";

const release = "trixie";
const version = "14.35";
const programs = ["gitlab-sshd", "gitlab-shell", "gitlab-shell-check", "gitlab-shell-authorized-keys-check"];

export type GitlabShell = { directory: string } | { missing: string };

/**
 * The directory that holds GitLab's own programs, from Debian's package `gitlab-shell`; fetched and unpacked on first
 * use, outside the repository. Says why where they are not to be had.
 */
export function obtainGitlabShell(): GitlabShell {
  const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "gatehouse");
  const home = join(cache, `gitlab-shell-${version}-${process.arch}`);
  const directory = join(home, "usr", "bin");
  if (programs.every((program) => existsSync(join(directory, program)))) return { directory };
  const absent = ["apt-get", "dpkg-deb"].filter((program) => !hasProgram(program));
  if (process.platform !== "linux" || absent.length > 0) {
    return { missing: `Debian packages cannot be had here (${absent.join(", ") || process.platform})` };
  }
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const work = mkdtempSync(join(tmpdir(), "gitlab-shell-"));
  // apt downloads as a user of its own, who has to get in.
  chmodSync(work, 0o755);
  const unpacked = mkdtempSync(join(cache, "unpacked-"));
  try {
    const trouble = download(work) ?? unpack(work, unpacked);
    if (trouble !== null) return { missing: trouble };
    rmSync(home, { recursive: true, force: true });
    renameSync(unpacked, home);
    return { directory };
  } finally {
    rmSync(work, { recursive: true, force: true });
    rmSync(unpacked, { recursive: true, force: true });
  }
}

/** Brings the package into the directory; what went wrong, or null. apt checks the signatures as it always does. */
function download(work: string): string | null {
  const sources = join(work, "sources");
  for (const directory of [sources, join(work, "state"), join(work, "cache")]) mkdirSync(directory, { mode: 0o755 });
  const change = { from: [codeName(), release, "stable", "testing", "unstable", "sid"], to: release };
  let count = 0;
  for (const source of machineSources()) {
    const { form, text } = changeSuite(source, change);
    if (text === "") continue;
    writeFileSync(join(sources, `source-${(count += 1)}.${form === "deb822" ? "sources" : "list"}`), text);
  }
  if (count === 0) return "this machine has no package source of Debian's";
  const options = {
    "Dir::Etc::sourcelist": "/dev/null",
    "Dir::Etc::sourceparts": sources,
    "Dir::State": join(work, "state"),
    "Dir::State::lists": join(work, "state", "lists"),
    "Dir::Cache": join(work, "cache"),
    "Acquire::Languages": "none",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    "Acquire::http::Timeout": "20",
    "Acquire::Retries": "2",
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  // A source without this release does not matter while another one has the package.
  const update = run("apt-get", [...flags, "--quiet", "update"], work);
  const fetched = run("apt-get", [...flags, "--quiet", "download", "gitlab-shell"], work);
  if (fetched.isFine) return null;
  return `Debian's package gitlab-shell could not be fetched: ${[...update.complaints, ...fetched.complaints].slice(0, 2).join(" ")}`;
}

function unpack(work: string, target: string): string | null {
  const file = readdirSync(work).find((name) => name.endsWith(".deb"));
  if (file === undefined) return "apt-get brought no package";
  if (!file.startsWith(`gitlab-shell_${version}.`)) return `Debian's gitlab-shell is not ${version} but ${file}`;
  const unpacked = run("dpkg-deb", ["-x", join(work, file), target], work);
  if (!unpacked.isFine) return `${file} could not be unpacked: ${unpacked.complaints.join(" ")}`;
  // Whether this machine's C library will do shows only when one of them runs.
  const [program = ""] = programs;
  const started = run(join(target, "usr", "bin", program), ["-version"], work);
  return started.isFine ? null : `${program} does not run here: ${started.complaints.join(" ")}`;
}

function run(command: string, args: string[], cwd: string): { isFine: boolean; complaints: string[] } {
  const env = { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
  const result = spawnSync(command, args, { cwd, env, encoding: "utf8", timeout: 120_000 });
  if (result.error !== undefined) return { isFine: false, complaints: [result.error.message] };
  return { isFine: result.status === 0, complaints: result.stderr.split("\n").filter((line) => line !== "") };
}

function machineSources(): SourceText[] {
  const found: SourceText[] = [];
  const directory = "/etc/apt/sources.list.d";
  const parts = existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
  for (const file of ["/etc/apt/sources.list", ...parts]) {
    if (!existsSync(file) || !/\.(list|sources)$/.test(file)) continue;
    found.push({ form: file.endsWith(".sources") ? "deb822" : "lines", text: readFileSync(file, "utf8") });
  }
  return found;
}

function codeName(): string {
  const text = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return /^VERSION_CODENAME="?([^"\n]*)/m.exec(text)?.[1] ?? release;
}
