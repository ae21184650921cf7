import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { deployKeyProjects, keys } from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import { addDeployKey, addGroup, addKey, addProject, addToken, addUser, db, type Project } from "../setup/world.ts";

const k1 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFTmH02jXt8Ei7OIs5vx4NcvdWDuDpbOQSgP++5CWA5 ada laptop";
const k1Sha256 = "91IJ8uCHJP+nCToSGWw2+V13RQ4nYw3aPoIRZ9lEW+0";
const k1Md5 = "6e:ce:68:94:38:98:46:61:3d:af:e0:57:60:6a:b5:ca";
const k5 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc3xOVNn5nM/6mDecs88LgWlIc1dFSDUkFS7QoHk7Yl deploy";
const k5Sha256 = "z+VPNNPbp+haF+CjeWtJocPlS9+tL3a9NW5/KTCQeHk";

let ada: UserRow;
let asAda: ReturnType<typeof withToken>;
let project: Project;
let adas: { id: number };
let robots: { id: number };

beforeAll(async () => {
  ada = await addUser({ username: "ada", name: "Ada Byron" });
  asAda = withToken(await addToken(ada));
  project = await addProject(await addGroup());
  adas = await addKey(ada, { line: k1, title: "laptop" });
  robots = await addDeployKey(ada, [{ project, canPush: true }], { line: k5, title: "robot" });
});

const byFingerprint = (fingerprint: string) => asRoot("GET", `/keys?fingerprint=${encodeURIComponent(fingerprint)}`);

describe("GET /keys/:id", () => {
  it("C97 shows a key with its user, as they see themselves", async () => {
    const reply = await asRoot("GET", `/keys/${adas.id}`);
    const self = await asAda("GET", "/user");
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({
      id: adas.id,
      title: "laptop",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      expires_at: null,
      key: `${k1.split(" ").slice(0, 2).join(" ")} Ada Byron (gitlab.example.test)`,
      usage_type: "auth_and_signing",
      user: self.body,
    });
    expect(reply.body.user).toMatchObject({ username: "ada", email: "ada@example.test" });
    expect(JSON.stringify(reply.body)).not.toContain("ada laptop");
  });

  it("shows a deploy key with its creator and its projects", async () => {
    const reply = await asRoot("GET", `/keys/${robots.id}`);
    const [link] = await db.query.select().from(deployKeyProjects).where(eq(deployKeyProjects.deployKeyId, robots.id));
    expect(reply.body).toMatchObject({ id: robots.id, title: "robot", key: k5, user: { username: "ada" } });
    expect(reply.body.deploy_keys_projects).toEqual([
      {
        id: link!.id,
        deploy_key_id: robots.id,
        project_id: project.id,
        created_at: link!.createdAt.toISOString(),
        updated_at: link!.updatedAt.toISOString(),
        can_push: true,
      },
    ]);
  });

  it("a deploy key whose creator is gone is nobody's", async () => {
    const orphan = await addDeployKey(null, [], { isPublic: true });
    expect((await asRoot("GET", `/keys/${orphan.id}`)).body).toMatchObject({ user: null, deploy_keys_projects: [] });
  });

  it("of what there is not, it says so with a small f", async () => {
    for (const id of ["999999", "0", "x", "-1", "1.5", "99999999999999999999", "%00"]) {
      const reply = await asRoot("GET", `/keys/${id}`);
      expect([id, reply.status, reply.body]).toEqual([id, 404, { message: "404 Not found" }]);
    }
  });

  it("is for administrators", async () => {
    for (const id of [adas.id, 999_999]) {
      const reply = await asAda("GET", `/keys/${id}`);
      expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden" }]);
    }
    expect((await call("GET", `/keys/${adas.id}`)).body).toEqual({ message: "401 Unauthorized" });
  });

  it("asks the database twice: caller, and key with user and projects", async () => {
    for (const id of [adas.id, robots.id]) {
      expect((await asRoot("GET", `/keys/${id}`)).headers.get("Server-Timing")).toContain("2 trips");
    }
  });
});

describe("GET /keys?fingerprint=", () => {
  it("C98 finds a key by SHA-256, as by its number", async () => {
    const reply = await asRoot("GET", "/keys?fingerprint=SHA256%3A91IJ8uCHJP%2BnCToSGWw2%2BV13RQ4nYw3aPoIRZ9lEW%2B0");
    expect([reply.status, reply.body]).toEqual([200, (await asRoot("GET", `/keys/${adas.id}`)).body]);
  });

  it("also where the query is not encoded", async () => {
    expect((await asRoot("GET", `/keys?fingerprint=SHA256:${k1Sha256}`)).body.id).toBe(adas.id);
  });

  it.each([k1Md5, `MD5:${k1Md5}`, k1Md5.toUpperCase()])("C100 finds a key by MD5: %s", async (fingerprint) => {
    const reply = await byFingerprint(fingerprint);
    expect([reply.status, reply.body.id]).toEqual([200, adas.id]);
    expect((await asRoot("GET", `/keys?fingerprint=${fingerprint}`)).body.id).toBe(adas.id);
  });

  it("237 finds a deploy key, with its projects", async () => {
    const reply = await asRoot("GET", "/keys?fingerprint=SHA256%3Az%2BVPNNPbp%2BhaF%2BCjeWtJocPlS9%2BtL3a9NW5%2FKTCQeHk");
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ id: robots.id, deploy_keys_projects: [{ project_id: project.id, can_push: true }] });
    expect((await byFingerprint(`SHA256:${k5Sha256}`)).body).toEqual(reply.body);
  });

  it("of several keys with one MD5 fingerprint, the first, with its own user", async () => {
    const fingerprintMd5 = "00:".repeat(15) + "01";
    const [first, second] = [await addKey(await addUser()), await addKey(await addUser())];
    for (const key of [first, second]) await db.query.update(keys).set({ fingerprintMd5 }).where(eq(keys.id, key.id));
    expect((await byFingerprint(fingerprintMd5)).body).toMatchObject({ id: first.id, user: { id: first.userId } });
  });

  it("C101 wants a fingerprint", async () => {
    const reply = await asRoot("GET", "/keys");
    expect([reply.status, reply.body]).toEqual([400, { error: "fingerprint is missing" }]);
    expect((await asRoot("GET", "/keys?fingerprint[]=x")).body).toEqual({ error: "fingerprint is invalid" });
  });

  it.each(["", "x", k1Sha256, "SHA256:", "SHA256:abc", "MD5:6e:ce", `${k1Md5}:00`, "\u0000", "💥".repeat(50)])(
    "%j is no fingerprint",
    async (fingerprint) => {
      const reply = await byFingerprint(fingerprint);
      expect([reply.status, reply.body]).toEqual([400, { message: "Failed to return the key" }]);
    },
  );

  it.each([`SHA256:${"A".repeat(43)}`, `MD5:${"00:".repeat(15)}00`])("nobody has %s", async (fingerprint) => {
    const reply = await byFingerprint(fingerprint);
    expect([reply.status, reply.body]).toEqual([404, { message: "404 Key Not Found" }]);
  });

  it("C102 is for administrators", async () => {
    for (const fingerprint of [k1Md5, "x"]) {
      const reply = await asAda("GET", `/keys?fingerprint=${fingerprint}`);
      expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden" }]);
    }
    expect((await call("GET", `/keys?fingerprint=${k1Md5}`)).body).toEqual({ message: "401 Unauthorized" });
  });
});
