import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { asPortal, asRoot, call, withToken } from "../setup/call.ts";
import { addGroup, addToken, addUser, db, personalNamespaceId } from "../setup/world.ts";

const path = (id: number | string) => `/namespaces/${id}/storage/limit_exclusion`;
const post = (id: number | string, reason: unknown = "support") => asRoot("POST", path(id), { json: { reason } });
const ledger = (namespaceId: number) =>
  db.query.all(sql`select kind, actor, before, after from billing_ledger where namespace_id = ${namespaceId} order by id`);

describe("POST limit_exclusion", () => {
  it("excludes a top-level namespace, and writes it down", async () => {
    const group = await addGroup({ name: "Engines" });
    const { status, body } = await post(group.id);
    expect([status, body]).toEqual([201, { id: expect.any(Number), namespace_id: group.id, namespace_name: "Engines", reason: "support" }]);
    expect(await ledger(group.id)).toEqual([{ kind: "storage_exclusion", actor: "user-1", before: null, after: '{"reason":"support"}' }]);
  });

  it("excludes personal namespaces, by the portal too", async () => {
    const id = await personalNamespaceId(await addUser());
    const { status } = await asPortal("POST", path(id), { form: "reason=a+purchase" });
    expect(status).toBe(201);
    expect(await ledger(id)).toMatchObject([{ actor: "customers-dot" }]);
  });

  it("refuses who is nobody, and no administrator", async () => {
    const group = await addGroup();
    const owner = withToken(await addToken(await addUser()));
    expect((await call("POST", path(group.id))).status).toBe(401);
    expect((await owner("POST", path(group.id))).body).toEqual({ message: "403 Forbidden" });
  });

  it("does not know other namespaces, whatever else is sent", async () => {
    const reply = await asRoot("POST", path(999999));
    expect([reply.status, reply.body]).toEqual([404, { message: "404 Namespace Not Found" }]);
  });

  it("refuses namespaces within others, and a second time", async () => {
    const group = await addGroup();
    const nested = await addGroup({ parent: group });
    expect((await post(nested.id)).body).toEqual({ message: "400 Bad request - must use a root namespace" });
    await post(group.id);
    const again = await post(group.id, "other");
    expect([again.status, again.body]).toEqual([400, { message: "400 Bad request - already excluded" }]);
    expect(await ledger(group.id)).toHaveLength(1);
  });

  it("excludes once where several ask at once", async () => {
    const group = await addGroup();
    const replies = await Promise.all(Array.from({ length: 6 }, () => post(group.id)));
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 400, 400, 400, 400, 400]);
    expect(await ledger(group.id)).toHaveLength(1);
  });

  it("asks for a reason of a bearable length", async () => {
    const group = await addGroup();
    expect((await asRoot("POST", path(group.id))).body).toEqual({ error: "reason is missing" });
    expect((await post(group.id, {})).body).toEqual({ error: "reason is invalid" });
    expect((await post(group.id, " ")).body).toEqual({ message: { reason: ["can't be blank"] } });
    expect((await post(group.id, "x".repeat(256))).body).toEqual({ message: { reason: ["is too long (maximum is 255 characters)"] } });
    expect((await post(group.id, "\ud800\0")).body).toMatchObject({ reason: "\ufffd\ufffd" });
  });
});

describe("DELETE limit_exclusion", () => {
  it("ends it, once", async () => {
    const group = await addGroup();
    await post(group.id);
    const replies = await Promise.all([1, 2, 3].map(() => asRoot("DELETE", path(group.id))));
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 400, 400]);
    expect(replies.find(({ status }) => status === 400)?.body).toEqual({ message: "400 Bad request - not excluded" });
    expect(await ledger(group.id)).toMatchObject([{ before: null }, { before: '{"reason":"support"}', after: null }]);
    expect((await post(group.id)).status).toBe(201);
  });

  it("does not know other namespaces", async () => {
    expect((await asRoot("DELETE", path("no%2Fwhere"))).body).toEqual({ message: "404 Namespace Not Found" });
  });
});

describe("GET limit_exclusions", () => {
  it("lists them by pages, oldest first", async () => {
    await db.query.run(sql`delete from storage_exclusions`);
    const groups = [await addGroup(), await addGroup(), await addGroup()];
    for (const group of groups) await post(group.id);
    const { status, body, headers } = await asRoot("GET", "/namespaces/storage/limit_exclusions?per_page=2");
    expect([status, body.map((each: any) => each.namespace_id)]).toEqual([200, [groups[0]!.id, groups[1]!.id]]);
    expect([headers.get("X-Total"), headers.get("X-Next-Page")]).toEqual(["3", "2"]);
    const last = await asPortal("GET", "/namespaces/storage/limit_exclusions?per_page=2&page=2");
    expect(last.body).toEqual([
      { id: expect.any(Number), namespace_id: groups[2]!.id, namespace_name: groups[2]!.name, reason: "support" },
    ]);
  });

  it("is for administrators", async () => {
    const user = withToken(await addToken(await addUser()));
    expect((await user("GET", "/namespaces/storage/limit_exclusions")).status).toBe(403);
  });
});
