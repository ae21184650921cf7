import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testVars } from "../setup/vars.ts";
import { makeGitWorld, type GitWorld } from "./setup/git-world.ts";
import { obtainGitlabShell } from "./setup/gitlab-shell.ts";
import { writeShellConfig } from "./setup/gitlab-sshd.ts";
import { reasonToSkip } from "./setup/programs.ts";
import { shellBox } from "./setup/shell-output.ts";
import { makeWorkplace, runProgram, type Outcome } from "./setup/ssh.ts";
import { startGatehouse, type Gatehouse } from "./setup/worker.ts";

const shell = obtainGitlabShell();
const skipped = reasonToSkip("gitlab-shell's programs behind OpenSSH", "missing" in shell ? [shell.missing] : []);
const notFound = "The project you were looking for could not be found or you don't have permission to view it.";

const withoutComment = (publicKey: string) => publicKey.split(" ").slice(0, 2).join(" ");
const blobOf = (publicKey: string) => publicKey.split(" ")[1] ?? "";

/** Allowed, and then told that nobody serves the storage. */
function goesOn(outcome: Outcome): void {
  const text = "The git server, Gitaly, is not available at this time. Please contact your administrator.";
  expect(outcome).toEqual({ code: 1, stdout: "", stderr: shellBox(`rpc error: code = Unavailable desc = ${text}`) });
}

describe.skipIf(skipped !== null)("gitlab-shell behind OpenSSH", () => {
  const programs = "directory" in shell ? shell.directory : "";
  let workplace: ReturnType<typeof makeWorkplace>;
  let gatehouse: Gatehouse;
  let world: GitWorld;
  let config: string;

  beforeAll(async () => {
    workplace = makeWorkplace();
    // Nobody listens there: what is allowed ends with the word that Gitaly is not available.
    gatehouse = await startGatehouse({ GITALY_STORAGES: '{"default":{"address":"tcp://127.0.0.1:1","token":null}}' });
    world = await makeGitWorld(gatehouse, workplace.path);
    config = writeShellConfig(join(workplace.path, "config"), { gitlabUrl: gatehouse.url, secret: testVars.GITLAB_SHELL_SECRET });
  });
  afterAll(async () => {
    await gatehouse?.close();
    workplace?.remove();
  });

  const run = (program: string, args: string[], env: Record<string, string> = {}, directory = config) =>
    runProgram(join(programs, program), args, { env: { GITLAB_SHELL_DIR: directory, ...env } });
  const configured = (name: string, gitlabUrl: string, secret: string) =>
    writeShellConfig(join(workplace.path, name), { gitlabUrl, secret });

  const check = (key: string, user = "git") => run("gitlab-shell-authorized-keys-check", ["git", user, key]);
  const session = (identity: string, command = "", address = "127.0.0.1") =>
    run("gitlab-shell", [identity], { SSH_CONNECTION: `${address} 50000 127.0.0.1 22`, SSH_ORIGINAL_COMMAND: command });
  /** The line that OpenSSH is given for a key. */
  const line = (keyId: number, key: string) =>
    `command="${config}/bin/gitlab-shell key-${keyId}",no-port-forwarding,no-X11-forwarding,no-agent-forwarding,no-pty ${key}\n`;

  describe("gitlab-shell-check", () => {
    const fine = { code: 0, stdout: "Internal API available: OK\nRedis available via internal API: OK\n", stderr: "" };

    it("D88 finds the API and its storage", async () => {
      expect(await run("gitlab-shell-check", [])).toEqual(fine);
    });

    it("A4 with a base address that ends in a slash", async () => {
      const directory = configured("slash", `${gatehouse.url}/`, testVars.GITLAB_SHELL_SECRET);
      expect(await run("gitlab-shell-check", [], {}, directory)).toEqual(fine);
    });

    it("says why with the wrong secret", async () => {
      const directory = configured("wrong", gatehouse.url, "not the secret");
      const stderr = "Internal API available: FAILED - 401 Unauthorized\n";
      expect(await run("gitlab-shell-check", [], {}, directory)).toEqual({ code: 1, stdout: "", stderr });
    });

    it("A6 says no more than that it failed where the address is wrong: a 404 of the routes has no message", async () => {
      const directory = configured("elsewhere", `${gatehouse.url}/gitlab`, testVars.GITLAB_SHELL_SECRET);
      const stderr = "Internal API available: FAILED - \n";
      expect(await run("gitlab-shell-check", [], {}, directory)).toEqual({ code: 1, stdout: "", stderr });
    });
  });

  describe("gitlab-shell-authorized-keys-check", () => {
    it.each(["padded", "unpadded"])("C64 prints the line that OpenSSH runs for the key, %s", async (form) => {
      const blob = blobOf(world.keys.ada.line);
      const key = form === "padded" ? blob : blob.replace(/=+$/, "");
      const expected = line(world.keyIds.ada, `${withoutComment(world.keys.ada.line)} Name of ada (127.0.0.1)`);
      expect(await check(key)).toEqual({ code: 0, stdout: expected, stderr: "" });
    });

    it("C68 the line stays one line when the owner's name has a line break", async () => {
      await gatehouse.db.prepare("update users set name = ? where username = 'rob'").bind("Rob\nssh-ed25519 AAAA").run();
      const outcome = await check(blobOf(world.keys.rob.line));
      expect(outcome.stdout).toBe(line(world.keyIds.rob, `${withoutComment(world.keys.rob.line)} Rob ssh-ed25519 AAAA (127.0.0.1)`));
    });

    it("prints a deploy key's line", async () => {
      const outcome = await check(blobOf(world.keys.reader.line));
      expect(outcome.stdout).toContain(`gitlab-shell key-${world.keyIds.reader}"`);
    });

    it.each(["stranger", "exa", "dan"] as const)("C65 C66 finds no key for %s", async (who) => {
      const blob = blobOf(world.keys[who].line);
      expect(await check(blob)).toEqual({ code: 0, stdout: `# No key was found for ${blob}\n`, stderr: "" });
    });

    it("C65 finds none for what is no key", async () => {
      expect((await check("not-found")).stdout).toBe("# No key was found for not-found\n");
    });

    it("prints nothing for another user of the system", async () => {
      expect(await check(blobOf(world.keys.ada.line), "root")).toEqual({ code: 0, stdout: "", stderr: "" });
    });
  });

  describe("gitlab-shell", () => {
    it("D80 greets the owner of the key", async () => {
      expect(await session(`key-${world.keyIds.ada}`)).toEqual({ code: 0, stdout: "Welcome to GitLab, @ada!\n", stderr: "" });
    });

    it("D80 greets a user by name, in any letter case", async () => {
      expect((await session("username-ADA")).stdout).toBe("Welcome to GitLab, @ada!\n");
    });

    it.each(["key-999999", "username-nobody"])("D82 greets %s as anonymous", async (identity) => {
      expect(await session(identity)).toEqual({ code: 0, stdout: "Welcome to GitLab, Anonymous!\n", stderr: "" });
    });

    const rows: [name: string, identity: () => string, command: string, message: string][] = [
      ["no member", () => `key-${world.keyIds.eve}`, "git-upload-pack 'engines/analytical.git'", notFound],
      ["a key that is gone, on a private project", () => "key-999999", "git-upload-pack 'engines/analytical.git'", notFound],
      [
        "a key that is gone, pushing to a public project",
        () => "key-999999",
        "git-receive-pack 'open/book.git'",
        "You are not allowed to upload code for this project.",
      ],
      [
        "B32 a reporter by name",
        () => "username-rob",
        "git-receive-pack 'engines/analytical.git'",
        "You are not allowed to push code to this project.",
      ],
      ["an expired key", () => `key-${world.keyIds.exa}`, "git-upload-pack 'engines/analytical.git'", "Your SSH key has expired."],
      ["B45 a blocked user", () => `key-${world.keyIds.dan}`, "git-upload-pack 'engines/analytical.git'", "Your account has been blocked."],
      [
        "a blocked user on what they cannot see",
        () => `key-${world.keyIds.dan}`,
        "git-upload-pack 'no/where.git'",
        "Your account has been blocked.",
      ],
    ];
    it.each(rows)("B37 shows the refusal of %s", async (_name, identity, command, message) => {
      expect(await session(identity(), command)).toEqual({ code: 1, stdout: "", stderr: shellBox(message) });
    });

    it("shows the refusal where the secret is wrong, once", async () => {
      const directory = configured("refused", gatehouse.url, "not the secret");
      const env = { SSH_CONNECTION: "127.0.0.1 50000 127.0.0.1 22", SSH_ORIGINAL_COMMAND: "git-upload-pack 'open/book.git'" };
      const outcome = await run("gitlab-shell", [`key-${world.keyIds.ada}`], env, directory);
      expect(outcome).toEqual({ code: 1, stdout: "", stderr: shellBox("401 Unauthorized") });
    });

    it("goes on to the address that the deployment names for the storage", async () => {
      goesOn(await session(`key-${world.keyIds.ada}`, "git-upload-pack 'engines/analytical.git'"));
    });

    it.each(["18.245.0.42", "18.245.0.42:6345", "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "[2001:db8::1]:99", "[127.0"])(
      "B40 B41 B42 B44 comes from any address, also one that is none: %s",
      async (address) => {
        goesOn(await session(`key-${world.keyIds.ada}`, "git-upload-pack 'engines/analytical.git'", address));
      },
    );
  });
});
