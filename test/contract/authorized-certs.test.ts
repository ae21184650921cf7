import { beforeAll, describe, expect, it } from "vitest";
import { sshCertificates } from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { asShell, call } from "../setup/call.ts";
import { addGroup, addMember, addProject, addShare, addUser, dayFromNow, db, type Group } from "../setup/world.ts";

const fingerprint = "n2n73tkhP1Y5kgGFj9JtcRM/2lGtI627F/as+aKXMIY";
const noCertificate = { status: 404, body: { message: "Certificate Not Found" } };
const noUser = { status: 404, body: { message: "User Not Found" } };
const barred = { status: 401, body: { message: "401 Unauthorized" } };
const good = (username: string) => ({ status: 200, body: { success: true, namespace: "Engines", username } });

let group: Group;
let ada: UserRow;

const get = async (query: string) => {
  const { status, body } = await asShell("GET", `/internal/authorized_certs${query}`);
  return { status, body };
};
const ask = (userIdentifier: string, key = fingerprint) =>
  get(`?${new URLSearchParams({ key, user_identifier: userIdentifier }).toString()}`);

beforeAll(async () => {
  group = await addGroup({ path: "Engines" });
  ada = await addUser({ username: "ada", email: "Ada@example.test" });
  await addMember(ada, { group }, 10);
  await db.query
    .insert(sshCertificates)
    .values({ namespaceId: group.id, title: "CA", key: "ssh-ed25519 A", fingerprintSha256: fingerprint });
});

describe("accounts 13", () => {
  it("342, C74 a member: their user name and the group's full path", async () => {
    expect(await ask("ada")).toEqual(good("ada"));
  });

  it.each([
    ["in another letter case", "ADA"],
    ["by their primary e-mail", "ada@example.test"],
    ["by their primary e-mail in another letter case", "ADA@EXAMPLE.TEST"],
  ])("a member %s", async (_, identifier) => {
    expect(await ask(identifier)).toEqual(good("ada"));
  });

  it.each([
    ["with SHA256: before it", `SHA256:${fingerprint}`],
    ["padded", `${fingerprint}=`],
    ["with a blank for its plus", fingerprint.replace("+", " ")],
  ])("the authority's fingerprint %s", async (_, key) => {
    expect(await ask("ada", key)).toEqual(good("ada"));
  });

  it("342 no certificate, no member", async () => {
    expect(await ask("ada", "A".repeat(43))).toEqual(noCertificate);
    expect(await ask((await addUser()).username)).toEqual(noUser);
    expect(await ask("nobody")).toEqual(noUser);
    expect(await ask("nobody", "A".repeat(43))).toEqual(noCertificate);
  });

  it.each([
    ["in another letter case", fingerprint.toLowerCase()],
    ["cut off", fingerprint.slice(0, 42)],
    ["with a wildcard", `${fingerprint.slice(0, 42)}%`],
    ["by MD5", "55:01:79:ea:8a:20:b6:7a:b1:2f:2a:f5:f1:37:a7:63"],
    ["as a key line", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII0cDXg9q8toeKR1zZuwMFcRyRH6YE/Ez0vSclfYthKW"],
    ["with odd letters", `${fingerprint}\u0000\ud800`],
  ])("a fingerprint %s finds nothing", async (_, key) => {
    expect(await ask("ada", key)).toEqual(noCertificate);
  });

  it.each(["ad_", "a%", "ada ", "ada\u0000", "\ud800", "Name of ada", "0", "user-1"])("%j is nobody", async (identifier) => {
    expect(await ask(identifier)).toEqual(noUser);
  });

  it("is not asked by id", async () => {
    expect(await ask(String(ada.id))).toEqual(noUser);
  });

  it("a user name comes before somebody else's e-mail", async () => {
    const named = await addUser({ username: "twin@example.test", email: "named@example.test" });
    const mailed = await addUser({ email: "twin@example.test" });
    await addMember(mailed, { group }, 30);
    expect(await ask("twin@example.test")).toEqual(noUser);
    await addMember(named, { group }, 30);
    expect(await ask("Twin@example.test")).toEqual(good("twin@example.test"));
  });

  it("members of an invited group count, and of the groups above that one; not those of a project or a subgroup", async () => {
    const above = await addGroup();
    const invited = await addGroup({ parent: above });
    const [direct, inherited] = [await addUser(), await addUser()];
    await addMember(direct, { group: invited }, 30);
    await addMember(inherited, { group: above }, 30);
    expect(await ask(direct.username)).toEqual(noUser);
    await addShare(invited, { group }, 20);
    expect(await ask(direct.username)).toEqual(good(direct.username));
    expect(await ask(inherited.username)).toEqual(good(inherited.username));

    const below = await addGroup({ parent: group });
    const [inSubgroup, inProject] = [await addUser(), await addUser()];
    await addMember(inSubgroup, { group: below }, 50);
    await addMember(inProject, { project: await addProject(group) }, 50);
    expect(await ask(inSubgroup.username)).toEqual(noUser);
    expect(await ask(inProject.username)).toEqual(noUser);
  });

  it.each<[string, number, object]>([
    ["minimal access", 5, {}],
    ["expired", 30, { expiresAt: dayFromNow(0) }],
    ["awaiting", 30, { isAwaiting: true }],
  ])("a membership that does not count: %s", async (_, level, values) => {
    const user = await addUser();
    await addMember(user, { group }, level, values);
    expect(await ask(user.username)).toEqual(noUser);
  });

  it("an administrator is no member by that", async () => {
    expect(await ask((await addUser({ isAdmin: true })).username)).toEqual(noUser);
  });

  it.each(["blocked", "ldap_blocked", "blocked_pending_approval", "banned"] as const)(
    "%s: 401, but 404 where they are no member",
    async (state) => {
      const user = await addUser({ state });
      expect(await ask(user.username)).toEqual(noUser);
      await addMember(user, { group }, 50);
      expect(await ask(user.username)).toEqual(barred);
    },
  );

  it("a member of another group with an authority of its own is not logged in here", async () => {
    const other = await addGroup();
    const user = await addUser();
    await addMember(user, { group: other }, 50);
    const foreign = "B".repeat(43);
    await db.query.insert(sshCertificates).values({ namespaceId: other.id, title: "CA", key: "k", fingerprintSha256: foreign });
    expect(await ask(user.username)).toEqual(noUser);
    expect(await ask(user.username, foreign)).toEqual({
      status: 200,
      body: { success: true, namespace: other.fullPath, username: user.username },
    });
    expect(await ask("ada", foreign)).toEqual(noUser);
  });

  it.each([
    ["", "key is missing, user_identifier is missing"],
    ["?user_identifier=ada", "key is missing"],
    ["?key=%20&user_identifier=ada", "key is missing"],
    [`?key=A`, "user_identifier is missing"],
    [`?key=A&user_identifier=`, "user_identifier is missing"],
    ["?key[]=A&user_identifier=ada", "key is invalid"],
    [`?key=A&user_identifier=${"a".repeat(5000)}`, "user_identifier is invalid"],
  ])("%j: 400", async (query, text) => {
    expect(await get(query)).toEqual({ status: 400, body: { message: `400 Bad request - ${text}` } });
  });

  it("without the secret: 401", async () => {
    const { status, body } = await call("GET", `/internal/authorized_certs?key=${fingerprint}&user_identifier=ada`);
    expect({ status, body }).toEqual(barred);
  });
});
