import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { asShell } from "../setup/call.ts";
import { addDeployKey, addGroup, addKey, addProject, addUser, db } from "../setup/world.ts";

const dede = { id: 7, name: "Dede Eichmann", username: "rubi" };
const ada = { id: 8, name: "Ada Byron", username: "ada" };

beforeAll(async () => {
  const rubi = await addUser(dede);
  const other = await addUser(ada);
  const blocked = await addUser({ id: 9, name: "Charles", username: "charles", state: "blocked" });
  await addKey(rubi, { id: 11, usage: "auth" });
  await addKey(other, { id: 12 });
  await addKey(null, { id: 31 });
  await addKey(rubi, { id: 13, usage: "signing" });
  await addKey(blocked, { id: 14 });
  await addKey(rubi, { id: 15, expiresAt: new Date(0) });
  const project = await addProject(await addGroup());
  await addDeployKey(other, [{ project }], { id: 21 });
  await addDeployKey(null, [{ project }], { id: 22 });
});

const ask = (query: string) => asShell("GET", `/internal/discover${query}`);
const ghost = { id: 0, name: "Ghost User", username: "ghost" };

describe("accounts 5", () => {
  it.each<[string, string, unknown]>([
    ["B21: a key", "?key_id=11", dede],
    ["B22: a name", "?username=rubi", dede],
    ["B24: no parameter", "", null],
    ["B25: a key that does not exist", "?key_id=999999", null],
    ["B26: a key without a user", "?key_id=31", null],
    ["B28: a key of usage type auth", "?key_id=11", dede],
    ["B29: key_id comes before username", "?key_id=12&username=rubi", ada],
    ["git-side 33: a signing key", "?key_id=13", null],
    ["git-side 35: a name of nobody", "?username=nobody", null],
    ["a user", "?user_id=7", dede],
    ["a name in other letter case", "?username=RUBI", dede],
    ["an unknown key is not made up for by a name", "?key_id=999999&username=rubi", null],
    ["an empty key_id is given", "?key_id=&username=rubi", null],
    ["an empty username is given", "?username=&identifier=user-7", null],
    ["user_id comes before username", "?user_id=8&username=rubi", ada],
    ["username comes before identifier", "?username=rubi&identifier=user-8", dede],
    ["git-side 36: identifier of a user", "?identifier=user-7", dede],
    ["identifier of a key", "?identifier=key-11", dede],
    ["identifier of a signing key", "?identifier=key-13", null],
    ["git-side 39: identifier of a deploy key: its creator, as a deploy key", "?identifier=key-21", ada],
    ["git-side 37: identifier user--1", "?identifier=user--1", null],
    ["git-side 37: identifier key--1", "?identifier=key--1", null],
    ["git-side 37: a blank identifier", "?identifier=", null],
    ["an identifier of another kind", "?identifier=deploy-token-7", null],
    ["an identifier with more behind it", "?identifier=user-7%0A", null],
    ["a Kerberos principal is not read", "?krb5principal=rubi@EXAMPLE.TEST", null],
    ["a deploy key: its creator", "?key_id=21", ada],
    ["a deploy key whose creator is gone: the ghost", "?key_id=22", ghost],
    ["a blocked user", "?key_id=14", { id: 9, name: "Charles", username: "charles" }],
    ["an expired key", "?key_id=15", dede],
    ["leading zeros", "?key_id=0000000000000000000000000000000000000000011", dede],
    ["text behind the digits", "?key_id=11abc", null],
    ["a sign", "?key_id=-11", null],
    ["a fraction", "?key_id=11.0", null],
    ["a number beyond 2^53", "?key_id=11000000000000000000000", null],
    ["a number of very many digits", `?key_id=${"9".repeat(2000)}`, null],
    ["a list", "?key_id[]=11", null],
    ["an object", "?key_id[id]=11", null],
    ["wildcards", "?username=%25", null],
    ["a NUL byte", "?username=rubi%00", null],
    ["half a surrogate pair", "?username=%ED%A0%80", null],
  ])("%s", async (_, query, expected) => {
    const reply = await ask(query);
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual(expected);
    expect(reply.headers.get("Content-Type")).toContain("application/json");
  });

  it.each([["username"], ["identifier"]])("%s that is a list or object is a bad request", async (name) => {
    for (const query of [`?${name}[]=rubi`, `?${name}[a]=rubi`]) {
      const reply = await ask(query);
      expect(reply.status).toBe(400);
      expect(reply.body).toEqual({ message: `400 Bad request - ${name} is invalid` });
    }
  });

  it("a name that is longer than any is a bad request, not a failure", async () => {
    expect((await ask(`?username=${"x".repeat(10_000)}`)).status).toBe(400);
  });

  it("leaves no trace", async () => {
    const [row] = await db.query.all<{ n: number }>(sql`select count(*) as n from keys where last_used_at is not null`);
    expect(row!.n).toBe(0);
  });
});
