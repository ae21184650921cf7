import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import { addGroup, addMember, addProject, addToken, addUser, dayFromNow, db, unique, type Group, type Project } from "../setup/world.ts";

let ada: UserRow;
let bob: UserRow;
let eve: UserRow;
let asBob: ReturnType<typeof withToken>;
let asEve: ReturnType<typeof withToken>;
let engines: Group;
let project: Project;
let ofGroup: string;
let ofProject: string;

beforeAll(async () => {
  [ada, bob] = [await addUser({ username: "ada", name: "Ada Byron" }), await addUser({ username: "bob" })];
  asBob = withToken(await addToken(bob));
});

beforeEach(async () => {
  eve = await addUser({ username: unique("Eve") });
  asEve = withToken(await addToken(eve));
  engines = await addGroup({ name: "Engines" });
  project = await addProject(engines);
  await addMember(ada, { project }, 30);
  await addMember(bob, { project }, 40);
  [ofGroup, ofProject] = [`/groups/${engines.id}/members`, `/projects/${project.id}/members`];
});

const memberRow = async (user: UserRow) =>
  db.query.all<{ access_level: number; expires_at: string | null }>(
    sql`select access_level, expires_at from members where user_id = ${user.id} order by access_level`,
  );

const unknownIds = (count: number) => Array.from({ length: count }, (_, index) => 900_000 + index).join(",");

const notListed = { message: { access_level: ["is not included in the list"] } };

describe("POST /groups/:id/members", () => {
  it("149 makes a user a member, named with who did it", async () => {
    const reply = await asRoot("POST", ofGroup, { json: { user_id: eve.id, access_level: 30 } });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: eve.id,
      username: eve.username,
      name: eve.name,
      state: "active",
      locked: false,
      avatar_url: null,
      web_url: `http://gitlab.example.test/${eve.username}`,
      access_level: 30,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      created_by: {
        id: 1,
        username: "root",
        name: "Administrator",
        state: "active",
        avatar_url: null,
        web_url: "http://gitlab.example.test/root",
      },
      expires_at: null,
      group_saml_identity: null,
      membership_state: "active",
    });
    expect(await memberRow(eve)).toEqual([{ access_level: 30, expires_at: null }]);
  });

  it("150 refuses whoever is a member already", async () => {
    await asRoot("POST", ofGroup, { json: { user_id: eve.id, access_level: 30 } });
    const again = await asRoot("POST", ofGroup, { json: { user_id: eve.id, access_level: 40 } });
    expect([again.status, again.body]).toEqual([409, { message: "Member already exists" }]);
    expect(await memberRow(eve)).toEqual([{ access_level: 30, expires_at: null }]);
  });

  it("makes one membership of two requests at once", async () => {
    const one = () => asRoot("POST", ofGroup, { json: { user_id: eve.id, access_level: 30 } });
    const replies = await Promise.all([one(), one(), one()]);
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
    expect(await memberRow(eve)).toHaveLength(1);
  });

  it("152 asks for one of user_id and username, and for no more", async () => {
    const none = await asRoot("POST", ofGroup, { json: { access_level: 40 } });
    expect([none.status, none.body]).toEqual([400, { error: "user_id, username are missing, exactly one parameter must be provided" }]);
    const both = await asRoot("POST", ofGroup, { json: { access_level: 40, user_id: eve.id, username: "eve" } });
    expect([both.status, both.body]).toEqual([400, { error: "user_id, username are mutually exclusive" }]);
  });

  it("153 asks for the access level", async () => {
    const reply = await asRoot("POST", ofGroup, { json: { user_id: eve.id } });
    expect([reply.status, reply.body]).toEqual([400, { error: "access_level is missing" }]);
  });

  it("155 takes a user name, in any letter case", async () => {
    const reply = await asRoot("POST", ofGroup, { json: { username: eve.username.toUpperCase(), access_level: 10 } });
    expect([reply.status, reply.body.id]).toEqual([201, eve.id]);
  });

  it("156 keeps the day on which it ends", async () => {
    const reply = await asRoot("POST", ofGroup, { json: { user_id: eve.id, access_level: 30, expires_at: "2099-08-05" } });
    expect([reply.status, reply.body.expires_at]).toEqual([201, "2099-08-05"]);
  });

  it("takes a form, where numbers are text", async () => {
    const reply = await asRoot("POST", ofGroup, { form: `user_id=${eve.id}&access_level=30&expires_at=` });
    expect([reply.status, reply.body.access_level, reply.body.expires_at]).toEqual([201, 30, null]);
  });

  it("refuses an end in the past, and today, on which it would count from no moment on", async () => {
    for (const expiresAt of ["2001-01-01", dayFromNow(0)]) {
      const reply = await asRoot("POST", ofGroup, { json: { user_id: eve.id, access_level: 30, expires_at: expiresAt } });
      expect([reply.status, reply.body]).toEqual([400, { message: { expires_at: ["cannot be a date in the past"] } }]);
    }
    const tomorrow = { user_id: eve.id, access_level: 30, expires_at: dayFromNow(1) };
    expect((await asRoot("POST", ofGroup, { json: tomorrow })).status).toBe(201);
  });

  it("takes an expired membership for none", async () => {
    await addMember(eve, { group: engines }, 50, { expiresAt: dayFromNow(0) });
    const reply = await asRoot("POST", ofGroup, { json: { user_id: eve.id, access_level: 10 } });
    expect(reply.status).toBe(201);
    expect(await memberRow(eve)).toEqual([{ access_level: 10, expires_at: null }]);
  });

  it("knows no user of an id or name that nobody has", async () => {
    for (const who of [{ user_id: 999_999 }, { user_id: Number.MAX_SAFE_INTEGER }, { user_id: -1 }, { username: "no\u0000body" }]) {
      const reply = await asRoot("POST", ofGroup, { json: { ...who, access_level: 30 } });
      expect([reply.status, reply.body]).toEqual([404, { message: "404 User Not Found" }]);
    }
  });

  it("refuses levels that are none", async () => {
    for (const access_level of [0, 1234, 60, 25, -5]) {
      const reply = await asRoot("POST", ofGroup, { json: { user_id: eve.id, access_level } });
      expect([reply.status, reply.body]).toEqual([400, notListed]);
    }
  });

  it("gives minimal access in groups alone", async () => {
    expect((await asRoot("POST", ofGroup, { json: { user_id: eve.id, access_level: 5 } })).status).toBe(201);
    const reply = await asRoot("POST", ofProject, { json: { user_id: eve.id, access_level: 5 } });
    expect([reply.status, reply.body]).toEqual([400, notListed]);
  });

  const wrong: [Record<string, unknown>, string][] = [
    [{ access_level: "many" }, "access_level is invalid"],
    [{ user_id: "eve" }, "user_id is invalid"],
    [{ user_id: { id: 1 } }, "user_id is invalid"],
    [{ user_id: 1e300 }, "user_id is invalid"],
    [{ expires_at: "tomorrow" }, "expires_at is invalid"],
  ];
  for (const [values, error] of wrong) {
    it(`says ${error} of ${JSON.stringify(values)}`, async () => {
      const reply = await asRoot("POST", ofGroup, { json: { user_id: eve.id, access_level: 30, ...values } });
      expect(reply.status).toBe(400);
      expect(reply.body.error.startsWith(error.split(" ")[0])).toBe(true);
      expect(reply.body.error.endsWith("is invalid")).toBe(true);
    });
  }

  it("refuses less than what is inherited from a group above", async () => {
    const sub = await addGroup({ parent: engines });
    await addMember(eve, { group: engines }, 30);
    const low = await asRoot("POST", `/groups/${sub.id}/members`, { json: { user_id: eve.id, access_level: 20 } });
    expect([low.status, low.body]).toEqual([
      400,
      { message: { access_level: ["should be greater than or equal to Developer inherited membership from group Engines"] } },
    ]);
    expect((await asRoot("POST", `/groups/${sub.id}/members`, { json: { user_id: eve.id, access_level: 30 } })).status).toBe(201);
  });

  it("does not count what has expired as inherited", async () => {
    await addMember(eve, { group: engines }, 40, { expiresAt: dayFromNow(0) });
    expect((await asRoot("POST", ofProject, { json: { user_id: eve.id, access_level: 20 } })).status).toBe(201);
  });

  it("is for owners of the group: members are refused, outsiders find nothing", async () => {
    await addMember(bob, { group: engines }, 40);
    const refused = await asBob("POST", ofGroup, { json: { user_id: eve.id, access_level: 10 } });
    expect([refused.status, refused.body]).toEqual([403, { message: "403 Forbidden" }]);
    const hidden = await asEve("POST", ofGroup, { json: { user_id: eve.id, access_level: 10 } });
    expect([hidden.status, hidden.body]).toEqual([404, { message: "404 Group Not Found" }]);
    expect((await call("POST", ofGroup, { json: {} })).status).toBe(401);
  });
});

describe("several at once", () => {
  it("makes all of them members", async () => {
    const other = await addUser();
    const reply = await asRoot("POST", ofGroup, { json: { user_id: `${eve.id},${other.id}`, access_level: 30 } });
    expect([reply.status, reply.body]).toEqual([201, { status: "success" }]);
    expect(await memberRow(other)).toEqual([{ access_level: 30, expires_at: null }]);
  });

  it("tells of each what went wrong, and makes the others members", async () => {
    const inherited = await addUser();
    await addMember(inherited, { group: engines }, 50);
    const reply = await asRoot("POST", ofProject, {
      json: { username: `${eve.username}, bob ,nobody,${inherited.username}`, access_level: 30 },
    });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      status: "error",
      message: {
        bob: "Member already exists",
        nobody: "404 User Not Found",
        [inherited.username]: "access_level should be greater than or equal to Owner inherited membership from group Engines",
      },
    });
    expect(await memberRow(eve)).toEqual([{ access_level: 30, expires_at: null }]);
  });

  it("takes at most a hundred", async () => {
    expect((await asRoot("POST", ofGroup, { json: { user_id: unknownIds(101), access_level: 30 } })).body).toEqual({
      error: "user_id is invalid",
    });
    expect((await asRoot("POST", ofGroup, { json: { user_id: unknownIds(100), access_level: 30 } })).body.status).toBe("error");
  });
});

describe("who or what is deleted meanwhile", () => {
  /** Does what it says to the rows of `members` at the moment at which the call deletes or inserts one. */
  const meanwhile = async (moment: string, statements: string, ask: () => ReturnType<typeof asRoot>) => {
    await db.query.run(sql.raw(`create trigger meanwhile ${moment} begin ${statements} end`));
    const { status, body } = await ask();
    await db.query.run(sql`drop trigger meanwhile`);
    return [status, body];
  };

  it("is a conflict where it is the project", async () => {
    const [id, json] = [project.id, { user_id: eve.id, access_level: 30 }];
    const statements = `delete from members where project_id = ${id}; delete from routes where project_id = ${id};
      delete from projects where id = ${id};`;
    const moment = `before insert on members when new.project_id = ${id}`;
    expect(await meanwhile(moment, statements, () => asRoot("POST", ofProject, { json }))).toEqual([409, { message: "409 Conflict" }]);
  });

  it("is not found where it is a user, alone and among several", async () => {
    for (const others of [[], [ada]]) {
      const user = await addUser();
      await addMember(user, { group: engines }, 10, { expiresAt: dayFromNow(0) });
      const own = `(select id from namespaces where owner_id = ${user.id})`;
      const statements = `delete from routes where namespace_id = ${own}; delete from namespace_ancestors where namespace_id = ${own};
        delete from namespaces where owner_id = ${user.id}; delete from users where id = ${user.id};`;
      const json = { username: [user, ...others].map(({ username }) => username).join(","), access_level: 30 };
      const moment = `after delete on members when old.user_id = ${user.id}`;
      const answer = await meanwhile(moment, statements, () => asRoot("POST", ofGroup, { json }));
      const said = "404 User Not Found";
      expect(answer).toEqual(
        others.length === 0 ? [404, { message: said }] : [201, { status: "error", message: { [user.username]: said } }],
      );
    }
    expect(await memberRow(ada)).toContainEqual({ access_level: 30, expires_at: null });
  });
});

describe("POST /projects/:id/members", () => {
  it("157 lets a maintainer make members, with a null for no end", async () => {
    const reply = await asBob("POST", ofProject, { json: { user_id: eve.id, access_level: 30, expires_at: null } });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ id: eve.id, access_level: 30, expires_at: null, created_by: { id: bob.id, username: "bob" } });
    expect((await asEve("GET", `/projects/${project.id}`)).body.permissions.project_access).toEqual({
      access_level: 30,
      notification_level: 3,
    });
  });

  it("159 does not exist for outsiders of a private project", async () => {
    const reply = await asEve("POST", ofProject, { json: { user_id: eve.id, access_level: 30 } });
    expect([reply.status, reply.body]).toEqual([404, { message: "404 Project Not Found" }]);
  });

  it("160 lets no maintainer make owners", async () => {
    const reply = await asBob("POST", ofProject, { json: { user_id: eve.id, access_level: 50 } });
    expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden" }]);
    expect((await asRoot("POST", ofProject, { json: { user_id: eve.id, access_level: 50 } })).status).toBe(201);
  });

  it("refuses developers", async () => {
    const asAda = withToken(await addToken(ada));
    const reply = await asAda("POST", ofProject, { json: { user_id: eve.id, access_level: 10 } });
    expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden" }]);
  });

  it("refuses less than what is inherited from the project's group", async () => {
    await addMember(eve, { group: engines }, 40);
    const reply = await asRoot("POST", ofProject, { json: { user_id: eve.id, access_level: 30 } });
    expect(reply.body).toEqual({
      message: { access_level: ["should be greater than or equal to Maintainer inherited membership from group Engines"] },
    });
  });

  it("finds the owner of a personal project a member already", async () => {
    const own = await asEve("POST", "/projects", { json: { name: "mine" } });
    const reply = await asEve("POST", `/projects/${own.body.id}/members`, { json: { user_id: eve.id, access_level: 50 } });
    expect([reply.status, reply.body]).toEqual([409, { message: "Member already exists" }]);
    expect((await asEve("POST", `/projects/${own.body.id}/members`, { json: { user_id: bob.id, access_level: 50 } })).status).toBe(201);
  });

  it("asks D1 five times at most", async () => {
    const reply = await asRoot("POST", ofProject, { json: { user_id: eve.id, access_level: 30 } });
    expect(reply.headers.get("Server-Timing")).toContain('desc="5 trips');
  });
});
