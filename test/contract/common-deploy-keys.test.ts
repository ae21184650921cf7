import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { openDb } from "../../src/db/client.ts";
import { listCommonDeployKeys } from "../../src/db/common-deploy-keys.ts";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import {
  addDeployKey,
  addGroup,
  addMember,
  addProject,
  addShare,
  addToken,
  addUser,
  dayFromNow,
  type Group,
  type Project,
} from "../setup/world.ts";

const noneInCommon = { message: "403 Forbidden - No common authorized project found" };

let ada: UserRow;
let bob: UserRow;
let asAda: ReturnType<typeof withToken>;
let group: Group;
let project: Project;

beforeEach(async () => {
  [ada, bob] = [await addUser(), await addUser()];
  asAda = withToken(await addToken(ada));
  group = await addGroup();
  project = await addProject(group);
});

const of = (user: UserRow, query = "") => `/users/${user.id}/project_deploy_keys${query}`;
const idsOf = (reply: { body: { id: number }[] }) => reply.body.map((key) => key.id);
const both = async (place: Parameters<typeof addMember>[1]) => {
  await addMember(ada, place, 40);
  await addMember(bob, place, 50);
};

describe("GET /users/:id/project_deploy_keys", () => {
  it("lists the deploy keys of the projects that the caller and the user maintain, each once, in pages", async () => {
    await both({ group });
    const second = await addProject(group);
    const keys = [
      await addDeployKey(null, [{ project, canPush: true }, { project: second }]),
      await addDeployKey(null, [{ project: second }]),
      await addDeployKey(null, [{ project }], { isPublic: true }),
    ];
    await addDeployKey(null, [{ project: await addProject(ada) }]);
    await addDeployKey(null, [{ project: await addProject(bob) }]);
    for (const name of [String(bob.id), bob.username]) {
      const reply = await asAda("GET", `/users/${name}/project_deploy_keys?per_page=2`);
      expect([reply.status, idsOf(reply)]).toEqual([200, [keys[0]!.id, keys[1]!.id]]);
      expect([reply.headers.get("X-Total"), reply.headers.get("X-Next-Page")]).toEqual(["3", "2"]);
    }
    const [last] = (await asAda("GET", of(bob, "?per_page=2&page=2"))).body;
    const { can_push: _, ...shown } = (await asAda("GET", `/projects/${project.id}/deploy_keys/${keys[2]!.id}`)).body;
    expect(last).toEqual(shown);
  });

  it("has numbered pages only", async () => {
    await both({ project });
    const reply = await asAda("GET", of(bob, "?pagination=keyset"));
    expect([reply.status, reply.body]).toEqual([405, { error: "Keyset pagination is not yet available for this type of request" }]);
  });

  it("has an empty list where the common project has no keys", async () => {
    await both({ project });
    const reply = await asAda("GET", of(bob));
    expect([reply.status, reply.body]).toEqual([200, []]);
  });

  it("knows every way of maintaining a project: directly, from above, by invitation, by owning the namespace", async () => {
    const key = await addDeployKey(null, [{ project: await addProject(await addGroup({ parent: group })) }]);
    await addMember(ada, { group }, 40);
    const invited = await addGroup();
    const within = await addGroup({ parent: invited });
    await addMember(bob, { group: invited }, 50);
    await addShare(within, { group }, 40);
    expect(idsOf(await asAda("GET", of(bob)))).toEqual([key.id]);
    expect(idsOf(await withToken(await addToken(bob))("GET", of(ada)))).toEqual([key.id]);

    const own = await addProject(ada);
    await addShare(within, { project: own }, 40);
    const personal = await addDeployKey(null, [{ project: own }]);
    expect(idsOf(await asAda("GET", of(bob)))).toEqual([key.id, personal.id]);
  });

  it("403 where one of them does not maintain it today", async () => {
    await addDeployKey(null, [{ project }]);
    await addMember(ada, { project }, 40);
    expect([(await asAda("GET", of(bob))).status, (await asAda("GET", of(bob))).body]).toEqual([403, noneInCommon]);
    await addMember(bob, { project }, 30);
    await addMember(bob, { group }, 40, { expiresAt: dayFromNow(-1) });
    const invited = await addGroup();
    await addMember(bob, { group: invited }, 50);
    await addShare(invited, { group }, 30);
    await addShare(invited, { project }, 40, dayFromNow(-1));
    expect((await asAda("GET", of(bob))).body).toEqual(noneInCommon);
    expect((await withToken(await addToken(bob))("GET", of(ada))).body).toEqual(noneInCommon);
  });

  it("of oneself: all that one maintains; by an administrator: all that the user maintains", async () => {
    await addMember(bob, { group }, 40);
    await addMember(bob, { project: await addProject(await addGroup()) }, 20);
    const key = await addDeployKey(null, [{ project }]);
    expect(idsOf(await withToken(await addToken(bob))("GET", of(bob)))).toEqual([key.id]);
    expect(idsOf(await asRoot("GET", of(bob)))).toEqual([key.id]);
    expect((await asAda("GET", of(ada))).body).toEqual(noneInCommon);
  });

  it("asks the database three times, and reads as much however much there is that neither has", async () => {
    await both({ group });
    await addDeployKey(null, [{ project }]);
    const cost = async () => {
      const db = openDb(env.DB);
      const found = await listCommonDeployKeys(db, { userId: bob.id, otherUserId: ada.id }, dayFromNow(0), { size: 20, offset: 0 });
      expect(found.rows).toHaveLength(1);
      return db.meter.rowsRead;
    };
    const elsewhere = await addGroup();
    const addElsewhere = async (most: number) => {
      for (let count = 0; count < most; count += 1) await addDeployKey(null, [{ project: await addProject(elsewhere) }]);
    };
    await addElsewhere(3);
    const before = await cost();
    await addElsewhere(20);
    expect(await cost()).toBe(before);
    await asRoot("GET", of(bob));
    expect((await asRoot("GET", of(bob))).headers.get("Server-Timing")).toContain("3 trips");
  });

  it("wants a user who is there, a credential, and a scope that reads users", async () => {
    for (const name of ["999999", "nobody", "%00"]) {
      const reply = await asAda("GET", `/users/${name}/project_deploy_keys`);
      expect([reply.status, reply.body]).toEqual([404, { message: "404 User Not Found" }]);
    }
    expect((await call("GET", of(bob))).body).toEqual({ message: "401 Unauthorized" });
    await both({ project });
    expect((await withToken(await addToken(ada, { scopes: ["read_user"] }))("GET", of(bob))).status).toBe(200);
    expect((await withToken(await addToken(ada, { scopes: ["read_repository"] }))("GET", of(bob))).status).toBe(403);
  });
});
