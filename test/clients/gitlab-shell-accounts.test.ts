import { join } from "node:path";
import { TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testVars } from "../setup/vars.ts";
import { makeCertificate } from "./setup/certificates.ts";
import { startGitalyRecorder, type GitalyRecorder } from "./setup/gitaly.ts";
import { makeGitWorld, type GitWorld, type Person } from "./setup/git-world.ts";
import { obtainGitlabShell } from "./setup/gitlab-shell.ts";
import { startGitlabSshd, type SshServer } from "./setup/gitlab-sshd.ts";
import { startLossyProxy } from "./setup/lossy-proxy.ts";
import { hasProgram, reasonToSkip } from "./setup/programs.ts";
import { addKey } from "./setup/provision.ts";
import { sshdBox } from "./setup/shell-output.ts";
import { makeKeyPair, makeWorkplace, runProgram, sshOptions, type KeyPair } from "./setup/ssh.ts";
import { startGatehouse, type Gatehouse } from "./setup/worker.ts";

const shell = obtainGitlabShell();
const missing = [
  ...("missing" in shell ? [shell.missing] : []),
  ...["ssh", "ssh-keygen"].filter((name) => !hasProgram(name)).map((name) => `there is no ${name}`),
];
const skipped = reasonToSkip("Accounts over SSH, with a real gitlab-sshd", missing);

const fetchCommand = "git-upload-pack 'engines/analytical.git'";
const unavailable = sshdBox("The git server, Gitaly, is not available at this time. Please contact your administrator.");
const noTwoFactor = "Two-factor authentication is not enabled for this user";
const confirmation =
  "Are you sure you want to generate new two-factor recovery codes?\n" +
  "Any existing recovery codes you saved will be invalidated. (yes/no)\n";
const codesFailed = "An error occurred while trying to generate new recovery codes.\n";

describe.skipIf(skipped !== null)("accounts over a real gitlab-sshd", () => {
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
      GITALY_STORAGES: JSON.stringify({ default: { address: gitaly.address, token: "t" } }),
      SSH_CLONE_PREFIX: "ssh://git@git.example.test:2222/",
    });
    const config = { gitlabUrl: gatehouse.url, secret: testVars.GITLAB_SHELL_SECRET };
    [sshd, world] = await Promise.all([
      startGitlabSshd(programs, join(workplace.path, "sshd"), config, { FF_GITLAB_SHELL_SSH_CERTIFICATES: "1" }),
      makeGitWorld(gatehouse, workplace.path),
    ]);
  });
  afterAll(async () => {
    await sshd?.stop();
    await gatehouse?.close();
    gitaly?.close();
    workplace?.remove();
  });

  const sshWith = (key: KeyPair, command: string[], input = "", more: string[] = [], server = sshd) => {
    const flags = [...sshOptions(key, server.knownHosts), ...more, "-p", String(server.port)];
    return runProgram("ssh", [...flags, "git@127.0.0.1", ...command], { input });
  };
  const ssh = (who: Person, command: string, input = "") => sshWith(world.keys[who], [command], input);
  /** Turns a user's second factor on; answers what makes their one-time passwords, and their recovery codes. */
  const enableTwoFactor = async (who: "ada" | "rob" | "gus" | "eve"): Promise<{ totp: TOTP; codes: string[] }> => {
    const enabled = await world.provision("POST", `/users/${world.userIds[who]}/enable_two_factor`, {});
    return { totp: new TOTP({ secret: enabled.otp_secret }), codes: enabled.recovery_codes };
  };
  const shellCall = async (path: string, json: Record<string, unknown>) => {
    const headers = { "Gitlab-Shared-Secret": btoa(testVars.GITLAB_SHELL_SECRET), "Content-Type": "application/json" };
    const response = await fetch(`${gatehouse.url}/api/v4/internal${path}`, { method: "POST", headers, body: JSON.stringify(json) });
    return (await response.json()) as Record<string, unknown>;
  };
  const answersTo = async (token: string, path: string, method = "GET") => {
    const response = await fetch(`${gatehouse.url}/api/v4${path}`, { method, headers: { "PRIVATE-TOKEN": token } });
    return { status: response.status, body: (await response.json()) as any };
  };
  /** Every fetch that is allowed ends at Gitaly, which is not there. */
  const reachesGitaly = async (key: KeyPair, more: string[] = []) => {
    const before = gitaly.calls.length;
    expect((await sshWith(key, [fetchCommand], "", more)).stderr).toBe(unavailable);
    expect(gitaly.calls.length).toBeGreaterThan(before);
  };

  /** A certificate for somebody, by an authority that `engines` trusts until it is forgotten. */
  const certify = async (who: Person) => {
    const authority = makeKeyPair(workplace.path, `authority-of-${who}`);
    const person = makeKeyPair(workplace.path, `certified-${who}`);
    const withIt = ["-o", `CertificateFile=${await makeCertificate(authority, person, { identity: who, principal: "git" })}`];
    expect((await sshWith(person, [fetchCommand], "", withIt)).stderr).toContain("Permission denied (publickey)");
    const path = "/groups/engines/ssh_certificates";
    const stored = await world.provision("POST", path, { title: "authority", key: authority.line });
    return { authority, person, withIt, forget: () => world.provision("DELETE", `${path}/${stored.id}`) };
  };

  describe("2fa_recovery_codes", () => {
    it("gives ten codes to whoever says yes, and none to anybody else", async () => {
      await enableTwoFactor("rob");
      const said = await ssh("rob", "2fa_recovery_codes", "yes\n");
      expect(said.code).toBe(0);
      expect(said.stdout.startsWith(confirmation)).toBe(true);
      expect(said.stdout.match(/^[0-9a-f]{16}$/gm)).toHaveLength(10);
      expect((await ssh("rob", "2fa_recovery_codes", "no\n")).stdout).not.toMatch(/^[0-9a-f]{16}$/m);
    });

    it("C96 says why there are none", async () => {
      const said = await ssh("lea", "2fa_recovery_codes", "yes\n");
      expect(said).toMatchObject({ code: 0, stdout: `${confirmation}\n${codesFailed}${noTwoFactor}\n` });
      const key = await ssh("reader", "2fa_recovery_codes", "yes\n");
      expect(key.stdout).toBe(`${confirmation}\n${codesFailed}Deploy keys cannot be used to retrieve recovery codes\n`);
    });
  });

  describe("2fa_verify", () => {
    const verified = "OTP: \nOTP validation successful. Git operations are now allowed.\n";
    const failed = (why: string) => `OTP: \nOTP validation failed: ${why}\n`;

    it("C101 C102 takes a password once, and a recovery code once", async () => {
      const { totp, codes } = await enableTwoFactor("gus");
      const password = totp.generate();
      expect((await ssh("gus", "2fa_verify", `${password}\n`)).stdout).toBe(verified);
      expect((await ssh("gus", "2fa_verify", `${password}\n`)).stdout).toBe(failed("Invalid OTP"));
      expect((await ssh("gus", "2fa_verify", `${codes[3]}\n`)).stdout).toBe(verified);
      expect((await ssh("gus", "2fa_verify", `${codes[3]}\n`)).stdout).toBe(failed("Invalid OTP"));
      expect((await ssh("lea", "2fa_verify", "123456\n")).stdout).toBe(failed(noTwoFactor));
    });

    it("opens Git for the key that it was called with, where the instance asks for it; a certificate needs none", async () => {
      const { totp } = await enableTwoFactor("ada");
      const second = makeKeyPair(workplace.path, "ada-second");
      await addKey(world.provision, world.userIds.ada, second.line);
      await reachesGitaly(world.keys.ada);
      await world.provision("PUT", "/application/settings", { two_factor_for_cli: true });
      try {
        const refusal = sshdBox(
          "OTP verification is required to access the repository.\n\n   Use: ssh git@git.example.test -p 2222 2fa_verify",
        );
        expect((await ssh("ada", fetchCommand)).stderr).toBe(refusal);
        expect((await ssh("ada", "git-lfs-authenticate engines/analytical.git download")).stderr).toBe(refusal);
        expect((await ssh("ada", "2fa_verify", `${totp.generate()}\n`)).stdout).toBe(verified);
        await reachesGitaly(world.keys.ada);
        expect((await sshWith(second, [fetchCommand])).stderr).toBe(refusal);
        const codes = await sshWith(second, ["2fa_recovery_codes"], "yes\n");
        expect(codes.stdout).toBe(`${confirmation}\n${codesFailed}OTP verification is required to make new recovery codes.\n`);
        // Who has no second factor is not asked for one; a deploy key has none.
        expect((await ssh("lea", fetchCommand)).stderr).toContain(unavailable);
        await reachesGitaly(world.keys.reader);
        // With a certificate there is no 2fa_verify: gitlab-shell takes Git commands alone.
        const { person, withIt, forget } = await certify("ada");
        expect((await sshWith(person, ["2fa_verify"], "", withIt)).stderr).toBe(sshdBox("Unknown command: 2fa_verify"));
        await reachesGitaly(person, withIt);
        await forget();
      } finally {
        await world.provision("PUT", "/application/settings", { two_factor_for_cli: false });
      }
    });

    it("locks the account after ten wrong passwords", async () => {
      await enableTwoFactor("eve");
      for (let attempt = 0; attempt < 10; attempt += 1) {
        const answer = await shellCall("/two_factor_manual_otp_check", { key_id: world.keyIds.eve, otp_attempt: "000000x" });
        expect(answer).toEqual({ success: false, message: "Invalid OTP" });
      }
      expect((await ssh("eve", "2fa_verify", "000000\n")).stdout).toBe(failed("Your account is locked"));
      expect((await ssh("eve", "git-upload-pack 'open/book.git'")).stderr).toBe(sshdBox("Your account has been blocked."));
    });
  });

  describe("personal_access_token", () => {
    it("C109 makes a token that works for what it was made for", async () => {
      const said = await ssh("lea", "personal_access_token over-ssh read_user,read_repository 5");
      const [, token = "", scopes, expires] = /^Token: {3}(\S+)\nScopes: {2}(\S+)\nExpires: (\S+)\n$/.exec(said.stdout) ?? [];
      expect([said.code, said.stderr, scopes]).toEqual([0, "", "read_user,read_repository"]);
      const day = new Date(Date.now() + 6 * 86_400_000).toISOString().slice(0, 10);
      expect(expires).toBe(day);
      expect((await answersTo(token, "/user")).body.username).toBe("lea");
      expect((await answersTo(token, "/personal_access_tokens/self")).body).toMatchObject({
        name: "over-ssh",
        scopes: ["read_user", "read_repository"],
        expires_at: day,
        active: true,
      });
      expect((await answersTo(token, "/projects", "POST")).body.error).toBe("insufficient_scope");
      const listed = await world.provision("GET", `/personal_access_tokens?user_id=${world.userIds.lea}`);
      expect(listed.map(({ name }: { name: string }) => name)).toEqual(["over-ssh"]);
    });

    it("makes one token where the answer is lost on its way and gitlab-shell asks again", async () => {
      const proxy = await startLossyProxy(gatehouse.url, (path) => path.endsWith("/personal_access_token"));
      const config = { gitlabUrl: proxy.url, secret: testVars.GITLAB_SHELL_SECRET };
      const server = await startGitlabSshd(programs, join(workplace.path, "lossy-sshd"), config);
      try {
        const said = await sshWith(world.keys.lea, ["personal_access_token once read_user"], "", [], server);
        expect(proxy.lost).toEqual(["/api/v4/internal/personal_access_token"]);
        const token = /^Token: {3}(\S+)$/m.exec(said.stdout)?.[1] ?? "";
        expect((await answersTo(token, "/user")).body.username).toBe("lea");
        expect(await world.provision("GET", `/personal_access_tokens?user_id=${world.userIds.lea}&search=once`)).toHaveLength(1);
      } finally {
        await server.stop();
        await proxy.close();
      }
    });

    it("C116 says what is wrong", async () => {
      const said = await ssh("lea", "personal_access_token t nonsense");
      expect(said.stderr).toContain(`Invalid scope: 'nonsense'. Valid scopes are: ["ai_features", "api", "create_runner", `);
      const late = await ssh("lea", "personal_access_token t api 5000");
      expect(late.stderr).toContain("Failed to create token: Expiration date must be before ");
      const key = await ssh("reader", "personal_access_token t api");
      expect(key.stderr).toContain("Deploy keys cannot be used to create personal access tokens");
    });
  });

  describe("git-lfs-authenticate", () => {
    it.each([
      ["lea", "download", "lea"],
      ["lea", "upload", "lea"],
      ["reader", "download", "lfs+deploy-key"],
    ] as const)("C117 C118 hands %s for a %s what an LFS server can check", async (who, operation, name) => {
      const said = await ssh(who, `git-lfs-authenticate engines/analytical.git ${operation}`);
      const answer = JSON.parse(said.stdout) as { header: { Authorization: string }; href: string; expires_in: number };
      expect(answer).toMatchObject({ href: `${gatehouse.url}/engines/analytical.git/info/lfs`, expires_in: 1800 });
      const [username = "", token] = atob(answer.header.Authorization.replace("Basic ", "")).split(":");
      expect(username).toBe(name === "lea" ? name : `${name}-${world.keyIds.reader}`);
      const actor = name === "lea" ? `user-${world.userIds.lea}` : `key-${world.keyIds.reader}`;
      const gl_repository = `project-${world.projectIds["engines/analytical"]}`;
      const checked = await shellCall("/lfs/verify_token", { username, token, project: "engines/analytical.git" });
      expect(checked).toEqual({ valid: true, actor, gl_repository });
      expect(await shellCall("/lfs/verify_token", { username, token, project: "open/book" })).toEqual({ valid: false });
    });

    it("is refused where Git is", async () => {
      const said = await ssh("rob", "git-lfs-authenticate engines/analytical.git upload");
      expect(said).toEqual({ code: 1, stdout: "", stderr: sshdBox("You are not allowed to push code to this project.") });
    });
  });

  describe("a certificate", () => {
    it("C74 of a group's authority logs its member in, to what is below that group", async () => {
      const { authority, person, withIt, forget } = await certify("lea");
      await reachesGitaly(person, withIt);
      expect(gitaly.calls.at(-1)!.metadata).toMatchObject({ user_id: `user-${world.userIds.lea}`, username: "lea" });
      const outside = await sshWith(person, ["git-upload-pack 'open/book.git'"], "", withIt);
      expect(outside.code).toBe(1);

      const outsider = makeKeyPair(workplace.path, "outsider");
      const others = await makeCertificate(authority, outsider, { identity: "eve", principal: "git" });
      const refused = await sshWith(outsider, [fetchCommand], "", ["-o", `CertificateFile=${others}`]);
      expect(refused.stderr).toContain("Permission denied (publickey)");

      await forget();
      expect((await sshWith(person, [fetchCommand], "", withIt)).stderr).toContain("Permission denied (publickey)");
    });
  });
});
