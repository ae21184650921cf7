import { sql } from "drizzle-orm";
import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { UserRow } from "../../src/db/users.ts";
import { asPortal, asRoot } from "../setup/call.ts";
import { addGroup, addMember, addShare, addUser, dayFromNow, db, personalNamespaceId, type Group } from "../setup/world.ts";

const base = "/internal/gitlab_subscriptions";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

let ada: UserRow;
let group: Group;

beforeAll(async () => {
  ada = await addUser({ username: "ada", name: "Ada Byron", publicEmail: "ada@public.test" });
  group = await addGroup({ owner: ada });
});

describe("GET owners", () => {
  it("320 names the active owners of the group itself", async () => {
    const [blocked, maintainer, below, late, awaited] = [
      await addUser({ state: "blocked" }),
      await addUser(),
      await addUser(),
      await addUser(),
      await addUser(),
    ];
    await addMember(blocked, { group }, 50);
    await addMember(maintainer, { group }, 40);
    await addMember(below, { group: await addGroup({ parent: group }) }, 50);
    await addMember(late, { group }, 50, { expiresAt: dayFromNow(0) });
    await addMember(awaited, { group }, 50, { isAwaiting: true });
    const invited = await addGroup({ owner: await addUser() });
    await addShare(invited, { group }, 50);
    const { status, body, headers } = await asPortal("GET", `${base}/namespaces/${group.id}/owners`);
    const user = { id: ada.id, username: "ada", name: "Ada Byron", public_email: "ada@public.test" };
    expect([status, body]).toEqual([200, [{ user, access_level: 50, notification_email: "ada@example.test" }]]);
    const names = ["X-Per-Page", "X-Page", "X-Next-Page", "X-Prev-Page", "X-Total", "X-Total-Pages"];
    expect(names.map((name) => headers.get(name))).toEqual(["20", "1", "", "", "1", "1"]);
  });

  it("gives them by pages, for any group by its path", async () => {
    const parent = await addGroup({ path: "shared" });
    const nested = await addGroup({ path: "deep", parent });
    const users = [await addUser(), await addUser(), await addUser()];
    for (const user of users) await addMember(user, { group: nested }, 50);
    const { body, headers } = await asPortal("GET", `${base}/namespaces/shared%2Fdeep/owners?per_page=2&page=2`);
    expect(body.map((each: any) => each.user.id)).toEqual([users[2]!.id]);
    expect([headers.get("X-Total"), headers.get("X-Prev-Page")]).toEqual(["3", "1"]);
  });

  it("321 is for groups that there are, which is said before anything of the page", async () => {
    const missing = [404, { message: "404 Group Namespace Not Found" }];
    for (const id of ["999999", await personalNamespaceId(ada), "no%2Fwhere", "a%00b"]) {
      const reply = await asPortal("GET", `${base}/namespaces/${id}/owners?page=x`);
      expect([reply.status, reply.body]).toEqual(missing);
    }
    const reply = await asPortal("GET", `${base}/namespaces/${group.id}/owners?page=x`);
    expect([reply.status, reply.body]).toEqual([400, { error: "page is invalid" }]);
  });

  it("is for the portal alone", async () => {
    expect((await asRoot("GET", `${base}/namespaces/${group.id}/owners`)).status).toBe(401);
  });

  it("reads the members of the group and nothing else", async () => {
    const plan = await db.query.all<{ detail: string }>(sql`
      explain query plan select 1 from members m join users u on u.id = m.user_id where m.namespace_id = 1 and m.access_level = 50`);
    expect(plan.map(({ detail }) => detail).join("; ")).toContain("USING INDEX members_namespace (namespace_id=?)");
  });
});

describe("GET users/:id", () => {
  it("322 shows a user by id, its keys in order", async () => {
    const { status, body } = await asPortal("GET", `${base}/users/${ada.id}`);
    expect(status).toBe(200);
    expect(Object.entries(body)).toEqual([
      ["id", ada.id],
      ["username", "ada"],
      ["public_email", "ada@public.test"],
      ["name", "Ada Byron"],
      ["web_url", "http://gitlab.example.test/ada"],
    ]);
  });

  it.each(["999999", "ada", "99999999999999999999", "-1", "%00"])("does not know %s", async (id) => {
    const { status, body } = await asPortal("GET", `${base}/users/${id}`);
    expect([status, body]).toEqual([404, { message: "404 User Not Found" }]);
  });
});

describe("GET user_permissions", () => {
  const permissions = async (namespace: number | string, user: number | string) => {
    const { status, body } = await asPortal("GET", `${base}/namespaces/${namespace}/user_permissions/${user}`);
    return [status, body];
  };

  it("lets owners and administrators edit the billing, and nobody else", async () => {
    const nested = await addGroup({ parent: group });
    const [maintainer, blocked, admin, former] = [
      await addUser(),
      await addUser({ state: "blocked", isAdmin: true }),
      await addUser({ isAdmin: true }),
      await addUser(),
    ];
    await addMember(maintainer, { group }, 40);
    await addMember(blocked, { group }, 50);
    await addMember(former, { group }, 50, { expiresAt: dayFromNow(-1) });
    const own = await personalNamespaceId(maintainer);
    const expected: [number, number, boolean][] = [
      [group.id, ada.id, true],
      [nested.id, ada.id, true],
      [group.id, maintainer.id, false],
      [group.id, blocked.id, false],
      [group.id, former.id, false],
      [group.id, admin.id, true],
      [own, maintainer.id, true],
      [own, ada.id, false],
    ];
    for (const [namespace, user, may] of expected) expect(await permissions(namespace, user)).toEqual([200, { edit_billing: may }]);
  });

  it("knows neither namespaces nor users that there are not", async () => {
    expect(await permissions("999999", ada.id)).toEqual([404, { message: "404 Namespace Not Found" }]);
    expect(await permissions(group.id, "999999")).toEqual([404, { message: "404 User Not Found" }]);
  });
});

describe("PUT credit_card_validation", () => {
  const card = {
    credit_card_validated_at: "2020-01-01 00:00:00 UTC",
    credit_card_expiration_year: "2010",
    credit_card_expiration_month: "2",
    credit_card_holder_name: "John SMITH",
    credit_card_type: "American Express",
    credit_card_mask_number: "1111",
  };
  const ids = {
    zuora_payment_method_xid: "abc123",
    stripe_setup_intent_xid: "seti_abc123",
    stripe_payment_method_xid: "pm_abc123",
    stripe_card_fingerprint: "card123",
  };
  const put = (user: number | string, json: object) => asPortal("PUT", `${base}/users/${user}/credit_card_validation`, { json });
  const stored = (user: UserRow) => db.query.all(sql`select * from credit_card_validations where user_id = ${user.id}`);

  it("keeps digests of the card and nothing else of it", async () => {
    const user = await addUser();
    const { status, body } = await put(user.id, { ...card, ...ids });
    expect([status, body]).toEqual([200, { success: {} }]);
    expect(await stored(user)).toEqual([
      {
        user_id: user.id,
        validated_at: Date.UTC(2020, 0, 1),
        holder_name_digest: sha256("john smith"),
        network_digest: sha256("american express"),
        last_digits_digest: sha256("1111"),
        expiration_date_digest: sha256("2010-02-28"),
        ...ids,
      },
    ]);
  });

  it("keeps one for each user, of the last card, also where they come at once", async () => {
    const user = await addUser();
    const replies = await Promise.all([1, 2, 3].map((n) => put(user.username, { ...card, ...ids, credit_card_mask_number: `000${n}` })));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
    await put(user.id, { ...card, credit_card_mask_number: "4242" });
    const rows = await stored(user);
    expect(rows).toMatchObject([{ last_digits_digest: sha256("4242"), stripe_card_fingerprint: null }]);
  });

  it("asks for all of the card, and for a user first", async () => {
    const { status, body } = await put(ada.id, {});
    const names = ["validated_at", "expiration_month", "expiration_year", "holder_name", "type", "mask_number"];
    expect([status, body]).toEqual([400, { error: names.map((name) => `credit_card_${name} is missing`).join(", ") }]);
    const unknown = await put("nobody", card);
    expect([unknown.status, unknown.body]).toEqual([404, { message: "404 User Not Found" }]);
  });

  it.each([
    ["a long id", { zuora_payment_method_xid: "x".repeat(51) }],
    ["month 13", { credit_card_expiration_month: 13 }],
    ["no digits", { credit_card_mask_number: "none" }],
  ])("refuses %s without a word of the card", async (_, values) => {
    const user = await addUser();
    const { status, body } = await put(user.id, { ...card, ...values });
    expect([status, body]).toEqual([400, { message: "400 Bad request" }]);
    expect(await stored(user)).toEqual([]);
  });

  it("takes odd texts, and refuses odd types", async () => {
    const odd = await put(ada.id, { ...card, credit_card_holder_name: "\ud800\0", stripe_card_fingerprint: "\udfff\0" });
    expect(odd.status).toBe(200);
    const { status, body } = await put(ada.id, { ...card, credit_card_validated_at: "soon", credit_card_expiration_year: {} });
    expect([status, body]).toEqual([400, { error: "credit_card_validated_at is invalid, credit_card_expiration_year is invalid" }]);
  });
});
