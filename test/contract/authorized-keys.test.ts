import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { asShell } from "../setup/call.ts";
import { shellCall } from "../setup/swapped.ts";
import { addDeployKey, addGroup, addKey, addProject, addUser, db } from "../setup/world.ts";

const vectorBlob = "AAAAC3NzaC1lZDI1NTE5AAAAII0cDXg9q8toeKR1zZuwMFcRyRH6YE/Ez0vSclfYthKW";
const notFound = { status: 404, body: { message: "404 Key Not Found" } };

const ask = async (key: string) => {
  const { status, body } = await asShell("GET", `/internal/authorized_keys?key=${encodeURIComponent(key)}`);
  return { status, body };
};

const sized = (text: string) => [0, 0, 0, text.length, ...new TextEncoder().encode(text)];

/** A well-formed ECDSA key whose blob has the characters that a careless query destroys, and needs padding. */
function lineWithPlus(): { line: string; blob: string } {
  const point = Array.from({ length: 65 }, (_, index) => (index === 0 ? 4 : index % 2 === 0 ? 0xfb : 0xff));
  const blob = Buffer.from([...sized("ecdsa-sha2-nistp256"), ...sized("nistp256"), 0, 0, 0, 65, ...point]).toString("base64");
  return { line: `ecdsa-sha2-nistp256 ${blob} somebody@example.test`, blob };
}

beforeAll(async () => {
  const ada = await addUser({ id: 7, name: "Ada Byron", username: "ada" });
  await addKey(ada, {
    id: 11,
    title: "work laptop",
    line: `ssh-ed25519 ${vectorBlob} ada@secret.example`,
    createdAt: new Date("2021-06-13T12:00:00Z"),
  });
});

describe("accounts 4", () => {
  it("C30, C44: the vector: all fields, and the owner's name instead of their comment", async () => {
    expect(await ask(vectorBlob)).toEqual({
      status: 200,
      body: {
        id: 11,
        title: "work laptop",
        key: `ssh-ed25519 ${vectorBlob} Ada Byron (gitlab.example.test)`,
        created_at: "2021-06-13T12:00:00.000Z",
        expires_at: null,
      },
    });
    const [row] = await db.query.all<{ sha256: string; md5: string }>(
      sql`select fingerprint_sha256 as sha256, fingerprint_md5 as md5 from keys where id = 11`,
    );
    expect(row).toEqual({ sha256: "n2n73tkhP1Y5kgGFj9JtcRM/2lGtI627F/as+aKXMIY", md5: "55:01:79:ea:8a:20:b6:7a:b1:2f:2a:f5:f1:37:a7:63" });
  });

  it.each<[string, string]>([
    ["C32: the first half of the blob", vectorBlob.slice(0, 34)],
    ["C33: text that is no Base64", "whatever!"],
    ["wildcards", "%"],
    ["a partial blob with a wildcard", `${vectorBlob.slice(0, 34)}%`],
    ["the fingerprint", "n2n73tkhP1Y5kgGFj9JtcRM/2lGtI627F/as+aKXMIY"],
    ["only padding", "===="],
    ["an algorithm alone", "ssh-ed25519"],
    ["an algorithm and a foreign blob", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ"],
    ["a NUL byte", `\u0000`],
    ["very long", "A".repeat(20_000)],
    ["very many words", "ssh-ed25519 " + "A ".repeat(5_000)],
  ])("%s: not found", async (_, key) => {
    expect(await ask(key)).toEqual(notFound);
  });

  it.each([
    ["", ""],
    ["?key=", ""],
    ["?key=%20%0A", ""],
  ])("missing or blank (%j)", async (query) => {
    const { status, body } = await asShell("GET", `/internal/authorized_keys${query}`);
    expect({ status, body }).toEqual({ status: 400, body: { message: "400 Bad request - key is missing" } });
  });

  it.each([["?key[]=a"], ["?key[a]=b"]])("a list or object (%j)", async (query) => {
    const { status, body } = await asShell("GET", `/internal/authorized_keys${query}`);
    expect({ status, body }).toEqual({ status: 400, body: { message: "400 Bad request - key is invalid" } });
  });

  it("the fingerprint as a parameter is not read", async () => {
    const { status } = await asShell("GET", "/internal/authorized_keys?fingerprint=55:01:79:ea:8a:20:b6:7a:b1:2f:2a:f5:f1:37:a7:63");
    expect(status).toBe(400);
  });

  it("the blob is found without padding, with it, with blanks for pluses, with a line break, and in a whole line", async () => {
    const { line, blob } = lineWithPlus();
    const key = await addKey(await addUser(), { line });
    expect(blob).toMatch(/\+.*\/.*=$/);
    for (const sent of [
      blob,
      blob.replaceAll("=", ""),
      blob.replaceAll("+", " "),
      `${blob}\n`,
      blob.replace(/^(.{30})/, "$1\r\n"),
      line,
      `${line} and more\n`,
    ]) {
      const reply = await ask(sent);
      expect(reply.status).toBe(200);
      expect(reply.body.id).toBe(key.id);
      expect(reply.body.key).toContain(`ecdsa-sha2-nistp256 ${blob} `);
    }
    // As a careless caller sends it: not encoded at all.
    const raw = await asShell("GET", `/internal/authorized_keys?key=${blob}`);
    expect(raw.body.id).toBe(key.id);
  });

  it("C37: a deploy key, with its creator's name", async () => {
    const project = await addProject(await addGroup());
    const key = await addDeployKey(await addUser({ name: "Charles Babbage" }), [{ project }]);
    const reply = await ask(key.blob);
    expect(reply).toMatchObject({
      status: 200,
      body: { id: key.id, key: `ssh-ed25519 ${key.blob} Charles Babbage (gitlab.example.test)` },
    });
  });

  it("a deploy key whose creator is gone is shown as the ghost's", async () => {
    const key = await addDeployKey(null, []);
    expect(await ask(key.blob)).toMatchObject({ status: 200, body: { key: `ssh-ed25519 ${key.blob} Ghost User (gitlab.example.test)` } });
  });

  it("C42: a key without a user: not found", async () => {
    expect(await ask((await addKey(null)).blob)).toEqual(notFound);
  });

  it("C38: expired: not found; C40: signing only: not found", async () => {
    const user = await addUser();
    expect(await ask((await addKey(user, { expiresAt: new Date(Date.now() - 1000) })).blob)).toEqual(notFound);
    expect(await ask((await addKey(user, { usage: "signing" })).blob)).toEqual(notFound);
    const expiresAt = new Date(Date.now() + 60_000);
    const soon = await addKey(user, { expiresAt, usage: "auth" });
    expect(await ask(soon.blob)).toMatchObject({ status: 200, body: { expires_at: expiresAt.toISOString() } });
  });

  it.each([["blocked"], ["ldap_blocked"], ["blocked_pending_approval"], ["banned"]] as const)("C41: the owner is %s", async (state) => {
    const owner = await addUser({ state });
    const refused = { status: 401, body: { message: "401 Unauthorized - Key" } };
    expect(await ask((await addKey(owner)).blob)).toEqual(refused);
    expect(await ask((await addDeployKey(owner, [])).blob)).toEqual(refused);
    // What is not found comes first.
    expect(await ask((await addKey(owner, { usage: "signing" })).blob)).toEqual(notFound);
    expect(await ask((await addKey(owner, { expiresAt: new Date(0) })).blob)).toEqual(notFound);
  });

  it("a deactivated owner's key is found: `/allowed` says why it is no use", async () => {
    expect((await ask((await addKey(await addUser({ state: "deactivated" }))).blob)).status).toBe(200);
  });

  /* What a user may choose as a name becomes part of a line that sshd may read as an entry with options. */
  it("a display name with line breaks stays on one line", async () => {
    const key = await addKey(await addUser({ name: 'Eve\ncommand="sh" ssh-rsa AAAA\r\u2028\u0000x' }));
    const { body } = await ask(key.blob);
    expect(body.key).toBe(`ssh-ed25519 ${key.blob} Eve command="sh" ssh-rsa AAAA x (gitlab.example.test)`);
  });

  it("leaves no trace", async () => {
    const [row] = await db.query.all<{ n: number }>(sql`select count(*) as n from keys where last_used_at is not null`);
    expect(row!.n).toBe(0);
  });

  it("the host is that of the configured address, without its port", async () => {
    const reply = await shellCall(
      `/internal/authorized_keys?key=${encodeURIComponent(vectorBlob)}`,
      {},
      { EXTERNAL_URL: "https://git.example.test:8443/" },
    );
    expect(reply.body.key).toBe(`ssh-ed25519 ${vectorBlob} Ada Byron (git.example.test)`);
  });
});
