import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testVars } from "../setup/vars.ts";
import { isSignedFor, startGitalyRecorder, type GitalyCall, type GitalyRecorder } from "./setup/gitaly.ts";
import { makeGitWorld, setSetting, type GitWorld, type Person } from "./setup/git-world.ts";
import { obtainGitlabShell } from "./setup/gitlab-shell.ts";
import { startGitlabSshd, type SshServer } from "./setup/gitlab-sshd.ts";
import { hasProgram, reasonToSkip } from "./setup/programs.ts";
import { readFields, readTexts } from "./setup/protobuf.ts";
import { consoleMessages, sshdBox } from "./setup/shell-output.ts";
import { makeWorkplace, runProgram, sshOptions } from "./setup/ssh.ts";
import { startGatehouse, type Gatehouse } from "./setup/worker.ts";

const shell = obtainGitlabShell();
const missing = [
  ...("missing" in shell ? [shell.missing] : []),
  ...["ssh", "git"].filter((name) => !hasProgram(name)).map((name) => `there is no ${name}`),
];
const skipped = reasonToSkip("Logging in to a real gitlab-sshd", missing);

const gitalyToken = "token of the storage";
const unavailable = sshdBox("The git server, Gitaly, is not available at this time. Please contact your administrator.");
const notFound = "The project you were looking for could not be found or you don't have permission to view it.";
const noNamespace = "The namespace you were looking for could not be found.";

const denied = (user = "git") => ({ code: 255, stdout: "", stderr: `${user}@127.0.0.1: Permission denied (publickey).\r\n` });

describe.skipIf(skipped !== null)("gitlab-sshd", () => {
  const programs = "directory" in shell ? shell.directory : "";
  let workplace: ReturnType<typeof makeWorkplace>;
  let gatehouse: Gatehouse;
  let gitaly: GitalyRecorder;
  let sshd: SshServer;
  let world: GitWorld;

  beforeAll(async () => {
    workplace = makeWorkplace();
    gitaly = await startGitalyRecorder();
    gatehouse = await startGatehouse({
      GITALY_STORAGES: JSON.stringify({ default: { address: gitaly.address, token: gitalyToken } }),
      GITALY_FEATURES: '{"mep_mep":true,"elsewhere":["some/project"]}',
    });
    const config = { gitlabUrl: gatehouse.url, secret: testVars.GITLAB_SHELL_SECRET };
    [sshd, world] = await Promise.all([
      startGitlabSshd(programs, join(workplace.path, "sshd"), config),
      makeGitWorld(gatehouse, workplace.path),
    ]);
  });
  afterAll(async () => {
    await sshd?.stop();
    await gatehouse?.close();
    gitaly?.close();
    workplace?.remove();
  });

  const ssh = (who: Person, command: string[], options: { user?: string; server?: SshServer } = {}) => {
    const { user = "git", server = sshd } = options;
    const flags = [...sshOptions(world.keys[who], server.knownHosts), "-p", String(server.port)];
    return runProgram("ssh", [...flags, `${user}@127.0.0.1`, ...command]);
  };
  /** Runs a command that gets as far as Gitaly; what Gitaly was asked. */
  const reachGitaly = async (who: Person, command: string, console_: string[] = []): Promise<GitalyCall> => {
    const before = gitaly.calls.length;
    const outcome = await ssh(who, [command]);
    const messages = console_.length === 0 ? "" : consoleMessages(...console_);
    expect(outcome).toEqual({ code: 1, stdout: "", stderr: messages + unavailable });
    expect(gitaly.calls.length).toBeGreaterThan(before);
    return gitaly.calls.at(-1)!;
  };
  const diskPathOf = (path: string) => {
    const digest = createHash("sha256").update(String(world.projectIds[path])).digest("hex");
    return `@hashed/${digest.slice(0, 2)}/${digest.slice(2, 4)}/${digest}.git`;
  };

  describe("logging in", () => {
    it("C69 D80 greets the user behind the key", async () => {
      expect(await ssh("ada", [])).toEqual({ code: 0, stdout: "Welcome to GitLab, @ada!\n", stderr: "" });
    });

    it("D80 greets the creator of a deploy key", async () => {
      expect(await ssh("reader", [])).toEqual({ code: 0, stdout: "Welcome to GitLab, @root!\n", stderr: "" });
    });

    it.each([
      ["C73 a key that is registered nowhere", "stranger"],
      ["an expired key", "exa"],
      ["the key of a blocked user", "dan"],
    ] as const)("refuses %s", async (_name, who) => {
      expect(await ssh(who, [])).toEqual(denied());
    });

    it("C70 refuses every login name but git", async () => {
      expect(await ssh("ada", [], { user: "ada" })).toEqual(denied("ada"));
    });

    it("refuses everybody when it holds the wrong secret", async () => {
      const config = { gitlabUrl: gatehouse.url, secret: "not the secret" };
      const server = await startGitlabSshd(programs, join(workplace.path, "stranger-sshd"), config);
      try {
        expect(await ssh("ada", [], { server })).toEqual(denied());
      } finally {
        await server.stop();
      }
    });

    it("A4 A14 works with a base address that ends in a slash, and a secret with blanks around it", async () => {
      const config = { gitlabUrl: `${gatehouse.url}/`, secret: JSON.stringify(`\n ${testVars.GITLAB_SHELL_SECRET}\n`) };
      const server = await startGitlabSshd(programs, join(workplace.path, "slash-sshd"), config);
      try {
        expect((await ssh("ada", [], { server })).stdout).toBe("Welcome to GitLab, @ada!\n");
      } finally {
        await server.stop();
      }
    });
  });

  describe("a refusal is shown to the person in GitLab's words", () => {
    const archived = "You can't push code to an archived project.";
    const rows: [name: string, who: Person, command: string, message: string][] = [
      ["a fetch by somebody who is no member", "eve", "git-upload-pack 'engines/analytical.git'", notFound],
      ["a push by somebody who is no member", "eve", "git-receive-pack 'engines/analytical.git'", notFound],
      ["a fetch of what does not exist", "ada", "git-upload-pack 'engines/nothing.git'", notFound],
      ["a fetch by a guest", "gus", "git-upload-pack 'engines/analytical.git'", "You are not allowed to download code from this project."],
      ["a push by a reporter", "rob", "git-receive-pack 'engines/analytical.git'", "You are not allowed to push code to this project."],
      [
        "a push to a public project by no member",
        "eve",
        "git-receive-pack 'open/book.git'",
        "You are not allowed to push code to this project.",
      ],
      [
        "a push with a deploy key that may only read",
        "reader",
        "git-receive-pack 'engines/analytical.git'",
        "This deploy key does not have write access to this project.",
      ],
      ["a deploy key on another private project", "writer", "git-upload-pack 'engines/archived.git'", notFound],
      ["a push to an archived project", "ada", "git-receive-pack 'engines/archived.git'", archived],
      ["a fetch without a repository", "ada", "git-upload-pack 'engines/bare.git'", "A repository for this project does not exist yet."],
      ["a path without a namespace", "ada", "git-upload-pack 'lonely.git'", noNamespace],
      ["a push into a namespace that does not exist", "ada", "git-receive-pack 'nowhere/new.git'", notFound],
      ["a push into a namespace of others", "ada", "git-receive-pack 'open/new.git'", notFound],
      ["a wiki's guest", "eve", "git-upload-pack 'engines/analytical.wiki.git'", "The wiki you were looking for could not be found."],
      ["a snippet that does not exist", "ada", "git-upload-pack 'snippets/99.git'", noNamespace],
      [
        "a design repository",
        "ada",
        "git-upload-pack 'engines/analytical.design.git'",
        "Designs are only accessible using the web interface",
      ],
      ["an odd path", "ada", "git-upload-pack 'engines/../../etc/passwd'", noNamespace],
      [
        "an archive for a guest",
        "gus",
        "git-upload-archive 'engines/analytical.git'",
        "You are not allowed to download code from this project.",
      ],
    ];
    it.each(rows)("B37 H145 %s", async (_name, who, command, message) => {
      const before = gitaly.calls.length;
      expect(await ssh(who, [command])).toEqual({ code: 1, stdout: "", stderr: sshdBox(message) });
      expect(gitaly.calls.length).toBe(before);
    });

    it("the instance allows Git over HTTP only", async () => {
      await setSetting(gatehouse.db, "enabled_git_access_protocol", "http");
      try {
        const outcome = await ssh("ada", ["git-upload-pack 'engines/analytical.git'"]);
        expect(outcome.stderr).toBe(sshdBox("Git access over SSH is not allowed"));
      } finally {
        await setSetting(gatehouse.db, "enabled_git_access_protocol", null);
      }
    });

    it("B40 the top-level group admits other addresses only", async () => {
      const restrict = "update namespaces set ip_restriction_ranges = ? where path = 'engines'";
      await gatehouse.db.prepare(restrict).bind("10.0.0.0/8").run();
      try {
        expect((await ssh("ada", ["git-upload-pack 'engines/analytical.git'"])).stderr).toBe(sshdBox(notFound));
        await gatehouse.db.prepare(restrict).bind("10.0.0.0/8,127.0.0.0/8").run();
        await reachGitaly("ada", "git-upload-pack 'engines/analytical.git'");
      } finally {
        await gatehouse.db.prepare(restrict).bind(null).run();
      }
    });

    it("and git says so where it is git that asks", async () => {
      const command = ["ssh", ...sshOptions(world.keys.eve, sshd.knownHosts)].join(" ");
      const url = `ssh://git@127.0.0.1:${sshd.port}/engines/analytical.git`;
      const outcome = await runProgram("git", ["clone", url], { cwd: workplace.path, env: { GIT_SSH_COMMAND: command } });
      expect(outcome.code).toBe(128);
      expect(outcome.stderr).toContain(sshdBox(notFound));
      expect(outcome.stderr).toContain("fatal: Could not read from remote repository.");
    });
  });

  describe("what is allowed goes on to Gitaly", () => {
    it("B34 B50 B52 a fetch, with all that Gitaly needs", async () => {
      const { method, metadata, message } = await reachGitaly("ada", "git-upload-pack 'engines/analytical.git'");
      expect(method).toBe("/gitaly.SSHService/SSHUploadPackWithSidechannel");
      expect(isSignedFor({ method, metadata, message }, gitalyToken)).toBe(true);
      expect(metadata).toMatchObject({
        user_id: `user-${world.userIds.ada}`,
        username: "ada",
        key_id: String(world.keyIds.ada),
        key_type: "key",
        "gitaly-feature-mep-mep": "true",
        "gitaly-feature-elsewhere": "false",
      });
      expect(metadata["remote_ip"]).toMatch(/^127\.0\.0\.1/);
      const [repository] = readFields(message);
      expect(readTexts(repository!.bytes)).toEqual({
        2: ["default"],
        3: [diskPathOf("engines/analytical")],
        6: [`project-${world.projectIds["engines/analytical"]}`],
        8: ["engines/analytical"],
      });
      expect(readTexts(message)[2]).toEqual(["uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true"]);
    });

    it("B53 a push, as the key, with the user's name and the repository's identifier", async () => {
      const call = await reachGitaly("ada", "git-receive-pack 'engines/analytical.git'");
      expect(call.method).toBe("/gitaly.SSHService/SSHReceivePack");
      expect(isSignedFor(call, gitalyToken)).toBe(true);
      expect(call.metadata).toMatchObject({ user_id: `user-${world.userIds.ada}`, username: "ada" });
      expect(readTexts(call.message)).toMatchObject({
        3: [`key-${world.keyIds.ada}`],
        4: [`project-${world.projectIds["engines/analytical"]}`],
        5: ["ada"],
      });
    });

    it("B58 an archive", async () => {
      const call = await reachGitaly("rob", "git-upload-archive 'engines/analytical.git'");
      expect(call.method).toBe("/gitaly.SSHService/SSHUploadArchive");
    });

    const rows: [name: string, who: Person, command: string, path: string][] = [
      ["a reporter's fetch", "rob", "git-upload-pack 'engines/analytical.git'", "engines/analytical"],
      ["anybody's fetch of a public project", "eve", "git-upload-pack 'open/book.git'", "open/book"],
      ["a fetch from an archived project", "ada", "git-upload-pack 'engines/archived.git'", "engines/archived"],
      ["a deploy key's fetch", "reader", "git-upload-pack 'engines/analytical.git'", "engines/analytical"],
      ["a push with a deploy key that may write", "writer", "git-receive-pack 'engines/analytical.git'", "engines/analytical"],
      ["a path with a leading slash and without .git", "ada", "git-upload-pack '/engines/analytical'", "engines/analytical"],
      ["a path in another letter case", "ada", "git-upload-pack 'Engines/ANALYTICAL.git'", "engines/analytical"],
      ["the old path of a project that moved", "ada", "git-receive-pack 'engines/difference.git'", "engines/analytical"],
    ];
    it.each(rows)("%s", async (_name, who, command, path) => {
      const { message } = await reachGitaly(who, command);
      const repository = readTexts(readFields(message)[0]!.bytes);
      expect(repository).toMatchObject({ 3: [diskPathOf(path)], 6: [`project-${world.projectIds[path]}`], 8: [path] });
    });

    it("a push to a path where nothing is yet, which becomes a private project", async () => {
      const { message } = await reachGitaly("ada", "git-receive-pack 'engines/brand-new.git'");
      const project = await world.provision("GET", "/projects/engines%2Fbrand-new");
      expect(project).toMatchObject({ visibility: "private", path_with_namespace: "engines/brand-new" });
      expect(readTexts(message)[4]).toEqual([`project-${project.id}`]);
    });

    it("B46 with a word of warning where the key ends soon", async () => {
      await reachGitaly("lea", "git-upload-pack 'engines/analytical.git'", ["INFO: Your SSH key expires soon. Please generate a new key."]);
    });

    it("but not where the deployment names no address for the storage", async () => {
      await gatehouse.configure({ GITALY_STORAGES: "{}" });
      try {
        expect((await ssh("ada", ["git-upload-pack 'engines/analytical.git'"])).stderr).toBe(sshdBox("no gitaly_address given"));
      } finally {
        await gatehouse.configure({});
      }
    });
  });

  describe("settings of the deployment", () => {
    afterAll(() => gatehouse.configure({}));

    it("A13 SHELL_AUTH=jwt suits it: it signs each call", async () => {
      await gatehouse.configure({ SHELL_AUTH: "jwt" });
      expect((await ssh("ada", [])).stdout).toBe("Welcome to GitLab, @ada!\n");
    });

    it("READ_ONLY=on refuses a push and lets a fetch through", async () => {
      await gatehouse.configure({ READ_ONLY: "on" });
      const push = await ssh("ada", ["git-receive-pack 'engines/analytical.git'"]);
      expect(push.stderr).toBe(sshdBox("You can't push code to a read-only GitLab instance."));
      await reachGitaly("ada", "git-upload-pack 'engines/analytical.git'");
    });
  });
});
