import { sql } from "drizzle-orm";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { sshCertificates } from "../../src/db/schema/index.ts";
import { asRoot, asShell, call, withToken, type Reply } from "../setup/call.ts";
import { addGroup, addKey, addMember, addToken, addUser, db, newKeyLine, setSettings, type Group } from "../setup/world.ts";

type Call = ReturnType<typeof withToken>;
let engines: Group;
let asOwner: Call;
let asMaintainer: Call;
let asStranger: Call;
let path: string;

const told = ({ status, body }: Reply) => [status, body];
const vector = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII0cDXg9q8toeKR1zZuwMFcRyRH6YE/Ez0vSclfYthKW";
const taken = [422, { message: "Key must be unique. This CA has already been configured for another namespace." }];
const forbidden = [403, { message: "403 Forbidden" }];
const noGroup = [404, { message: "404 Group Not Found" }];
const noCertificate = [404, { message: "404 SSH Certificate Not Found" }];

beforeAll(async () => {
  engines = await addGroup({ path: "engines" });
  path = `/groups/${engines.id}/ssh_certificates`;
  const [owner, maintainer] = [await addUser(), await addUser()];
  await addMember(owner, { group: engines }, 50);
  await addMember(maintainer, { group: engines }, 40);
  asOwner = withToken(await addToken(owner));
  asMaintainer = withToken(await addToken(maintainer));
  asStranger = withToken(await addToken(await addUser()));
});

afterEach(async () => {
  await setSettings(null);
  await db.query.delete(sshCertificates);
});

const add = (json: Record<string, unknown> = {}, as: Call = asOwner, to = path) =>
  as("POST", to, { json: { title: "CA", key: newKeyLine(), ...json } });

describe("provisioning 7.2: the authorities that a group trusts", () => {
  it("are added, listed and deleted by owners, by id and by path", async () => {
    const created = await add({ key: `  ${vector}   our\n CA \n` });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      id: expect.any(Number),
      title: "CA",
      key: `${vector} our CA`,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(told(await asOwner("GET", "/groups/engines/ssh_certificates"))).toEqual([200, [created.body]]);
    expect(told(await asRoot("GET", path))).toEqual([200, [created.body]]);
    expect(told(await asOwner("DELETE", `${path}/${created.body.id}`))).toEqual([204, undefined]);
    expect(told(await asOwner("DELETE", `${path}/${created.body.id}`))).toEqual(noCertificate);
    expect(told(await asOwner("GET", path))).toEqual([200, []]);
  });

  it("342 log members in, as long as they are there", async () => {
    const { body } = await add({ key: vector });
    const user = await addUser();
    await addMember(user, { group: engines }, 10);
    const query = new URLSearchParams({ key: "n2n73tkhP1Y5kgGFj9JtcRM/2lGtI627F/as+aKXMIY", user_identifier: user.username });
    const login = () => asShell("GET", `/internal/authorized_certs?${query.toString()}`);
    expect(told(await login())).toEqual([200, { success: true, namespace: "engines", username: user.username }]);
    await asOwner("DELETE", `${path}/${body.id}`);
    expect(told(await login())).toEqual([404, { message: "Certificate Not Found" }]);
  });

  it("are for owners and administrators", async () => {
    const { body } = await add();
    for (const [as, answer] of [
      [asMaintainer, forbidden],
      [asStranger, noGroup],
    ] as const) {
      expect(told(await as("GET", path))).toEqual(answer);
      expect(told(await add({}, as))).toEqual(answer);
      expect(told(await as("DELETE", `${path}/${body.id}`))).toEqual(answer);
    }
    expect((await add({}, asRoot)).status).toBe(201);
    expect(told(await call("GET", path))).toEqual([401, { message: "401 Unauthorized" }]);
  });

  it("are shown to a token that only reads, and not added by it", async () => {
    const owner = await addUser();
    await addMember(owner, { group: engines }, 50);
    const reader = withToken(await addToken(owner, { scopes: ["read_api"] }));
    expect((await reader("GET", path)).status).toBe(200);
    expect((await add({}, reader)).body.error).toBe("insufficient_scope");
  });

  it("belong to groups at the top: a subgroup has none, and may have none", async () => {
    const sub = await addGroup({ parent: engines });
    const subPath = `/groups/${sub.id}/ssh_certificates`;
    const { body } = await add();
    expect(told(await add({}, asOwner, subPath))).toEqual(forbidden);
    expect(told(await add({}, asRoot, subPath))).toEqual(forbidden);
    expect(told(await asOwner("GET", subPath))).toEqual([200, []]);
    expect(told(await asOwner("DELETE", `${subPath}/${body.id}`))).toEqual(noCertificate);
  });

  it("belong to no personal namespace, and to no group that is not there", async () => {
    const user = await addUser();
    const asUser = withToken(await addToken(user));
    expect(told(await add({}, asUser, `/groups/${user.username}/ssh_certificates`))).toEqual(noGroup);
    expect(told(await add({}, asRoot, "/groups/999999999/ssh_certificates"))).toEqual(noGroup);
  });

  it("are authorities once on the whole instance, whatever the comment", async () => {
    const other = await addGroup();
    expect((await add({ key: `${vector} one` })).status).toBe(201);
    expect(told(await add({ key: `${vector} two` }))).toEqual(taken);
    expect(told(await add({ key: vector }, asRoot, `/groups/${other.id}/ssh_certificates`))).toEqual(taken);
  });

  it("are authorities once, also where two groups ask at once", async () => {
    const other = await addGroup();
    const replies = await Promise.all(
      [path, `/groups/${other.id}/ssh_certificates`, path, path].map((each) => add({ key: vector }, asRoot, each)),
    );
    expect(replies.map(({ status }) => status).sort((one, two) => one - two)).toEqual([201, 422, 422, 422]);
    expect(replies.filter(({ status }) => status === 422).map(told)).toEqual([taken, taken, taken]);
    expect(await db.query.select().from(sshCertificates)).toHaveLength(1);
  });

  it("are no SSH keys: the two do not exclude each other", async () => {
    await addKey(await addUser(), { line: vector });
    expect((await add({ key: vector })).status).toBe(201);
    expect((await asOwner("POST", "/user/keys", { json: { title: "t", key: vector } })).status).toBe(400);
    const line = newKeyLine();
    await add({ key: line });
    expect((await asOwner("POST", "/user/keys", { json: { title: "t", key: line } })).status).toBe(201);
  });

  it.each<[Record<string, unknown>, number, unknown]>([
    [{ title: undefined }, 400, { error: "title is missing" }],
    [{ key: undefined }, 400, { error: "key is missing" }],
    [{ title: undefined, key: undefined }, 400, { error: "title is missing, key is missing" }],
    [{ key: ["a"] }, 400, { error: "key is invalid" }],
    [{ title: " " }, 400, { message: { title: ["can't be blank"] } }],
    [{ title: "a".repeat(256) }, 400, { message: { title: ["is too long (maximum is 255 characters)"] } }],
    [{ key: "" }, 422, { message: "Invalid key" }],
    [{ key: "whatever" }, 422, { message: "Invalid key" }],
    [{ key: "ssh-ed25519 AAAA" }, 422, { message: "Invalid key" }],
    [{ key: `${vector} ${"a".repeat(100_000)}` }, 422, { message: "Invalid key" }],
    [{ key: "\u0000\ud800" }, 422, { message: "Invalid key" }],
    [{ key: "whatever", title: "" }, 422, { message: "Invalid key" }],
  ])("%j: refused", async (json, status, body) => {
    expect(told(await add(json))).toEqual([status, body]);
  });

  it("the instance's restrictions of keys hold for them, and known keys of everybody are refused", async () => {
    await setSettings({ ed25519_key_restriction: -1 });
    expect(told(await add())).toEqual([422, { message: "Invalid key" }]);
    const vagrant =
      "ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v1I2YJ6oXevct1YeS0o9HZyN1Q9qgCgzUFtdOKLv6IedplqoPkcmF0aYet2PkEDo3MlTBckFXPITAMzF8dJSIFo9D8HfdOV0IAdx4O7PtixWKn5y2hMNG0zQPyUecp4pzC6kivAIhyfHilFR61RGL+GPXQ2MWZWFYbAGjyiYJnAmCP3NOTd0jMZEnDkbUvxhMmBYSdETk1rRgm+R4LOzFUGaHqHDLKLX+FIPKcF96hrucXzcWyLbIbEgE98OHlnVYCzRdK8jlqm8tehUc9c9WhQ==";
    expect(told(await add({ key: vagrant }))).toEqual([422, { message: "Invalid key" }]);
  });

  it("a title and a comment may hold anything", async () => {
    const { status, body } = await add({ title: "C\u0000A 💥", key: `${vector} c\u0000a\ud800💥` });
    expect(status).toBe(201);
    expect(body.key.split(/[\n\r]/)).toHaveLength(1);
    expect((await asOwner("GET", path)).status).toBe(200);
  });

  it("come in pages, the oldest first", async () => {
    const ids: number[] = [];
    for (let index = 0; index < 3; index += 1) ids.push((await add({ title: `CA ${index}` })).body.id);
    const page = await asOwner("GET", `${path}?per_page=2&page=2`);
    expect(page.body.map(({ id }: { id: number }) => id)).toEqual([ids[2]]);
    expect([page.headers.get("X-Total"), page.headers.get("X-Total-Pages"), page.headers.get("X-Prev-Page")]).toEqual(["3", "2", "1"]);
    expect((await asOwner("GET", path)).body.map(({ id }: { id: number }) => id)).toEqual(ids);
    expect((await asOwner("GET", `${path}?pagination=keyset`)).status).toBe(405);
  });

  it.each(["0", "-1", "1x", "99999999999999999999", "%00"])("%j is none of them", async (id) => {
    expect(told(await asOwner("DELETE", `${path}/${id}`))).toEqual(noCertificate);
  });

  it("go with their group", async () => {
    const { body: group } = await asRoot("POST", "/groups", { json: { name: "short", path: "short-lived" } });
    expect((await add({ key: vector }, asRoot, `/groups/${group.id}/ssh_certificates`)).status).toBe(201);
    await asRoot("DELETE", `/groups/${group.id}`);
    const [left] = await db.query.all<{ n: number }>(sql`select count(*) as n from ssh_certificates where namespace_id = ${group.id}`);
    expect(left!.n).toBe(0);
    expect((await add({ key: vector })).status).toBe(201);
  });

  it("are listed in one round trip, after those for the token, the group and the caller's role", async () => {
    const { headers } = await asRoot("GET", path);
    expect(headers.get("Server-Timing")).toContain('"4 trips');
  });
});
