import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countBillable, toBillable } from "../../src/db/billable-members.ts";
import { openDb } from "../../src/db/client.ts";
import * as schema from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { scansOf } from "../setup/watched-database.ts";
import { addGroup, addMember, addProject, addShare, addUser, db, personalNamespaceId, type Group, type Project } from "../setup/world.ts";

const today = "2026-05-01";
const [yesterday, tomorrow] = ["2026-04-30", "2026-05-02"];

async function count(...places: { id: number }[]) {
  const ids = places.map((place) => place.id);
  const billable = toBillable(await countBillable(db, ids, today));
  return ids.map(billable);
}
const people = (all: number, withoutGuests = all) => ({ all, withoutGuests });

describe("whom a subscription counts", () => {
  it("264 people with a role in the group, the groups below it and their projects, once each", async () => {
    const top = await addGroup();
    const [sub, aside] = [await addGroup({ parent: top }), await addGroup({ parent: top })];
    const deep = await addGroup({ parent: sub });
    const [direct, below, ofProject, ofDeepProject] = [await addUser(), await addUser(), await addUser(), await addUser()];
    const [project, deepProject] = [await addProject(top), await addProject(deep)];
    await addMember(direct, { group: top }, 50);
    await addMember(below, { group: deep }, 30);
    await addMember(ofProject, { project }, 30);
    await addMember(ofDeepProject, { project: deepProject }, 20);
    for (const place of [{ group: sub }, { group: deep }, { project }, { project: deepProject }]) await addMember(direct, place, 30);
    expect(await count(top, sub, deep, aside)).toEqual([people(4), people(3), people(3), people(0)]);
  });

  it("people of invited groups, with what is above those, at most at the level of the invitation", async () => {
    const [top, circle] = [await addGroup(), await addGroup()];
    const sub = await addGroup({ parent: top });
    const inner = await addGroup({ parent: circle });
    const project = await addProject(sub);
    await addMember(await addUser(), { group: circle }, 50);
    await addMember(await addUser(), { group: inner }, 10);
    await addShare(inner, { project }, 20);
    expect(await count(top, sub, circle)).toEqual([people(2, 1), people(2, 1), people(2, 1)]);
    const guests = await addGroup();
    await addShare(circle, { group: guests }, 10);
    // Not those who are below the group that is invited.
    expect(await count(guests)).toEqual([people(1, 0)]);
  });

  it("nobody by an invitation that is over, and everybody by one that sharing was locked after", async () => {
    const [top, circle] = [await addGroup({ isShareLocked: true }), await addGroup()];
    const [over, lastDay, valid] = [await addGroup({ parent: top }), await addGroup({ parent: top }), await addGroup({ parent: top })];
    await addMember(await addUser(), { group: circle }, 30);
    await addShare(circle, { group: over }, 30, yesterday);
    await addShare(circle, { group: lastDay }, 30, today);
    expect(await count(top)).toEqual([people(0)]);
    await addShare(circle, { group: valid }, 30, tomorrow);
    expect(await count(over, lastDay, valid, top)).toEqual([people(0), people(0), people(1), people(1)]);
  });

  it("264 nobody who is blocked, a bot, awaited, or whose time is over", async () => {
    const group = await addGroup();
    await addMember(await addUser(), { group }, 30, { expiresAt: tomorrow });
    for (const state of ["blocked", "deactivated", "banned"] as const) await addMember(await addUser({ state }), { group }, 30);
    await addMember(await addUser({ userType: "project_bot" }), { group }, 30);
    await addMember(await addUser(), { group }, 30, { isAwaiting: true });
    await addMember(await addUser(), { group }, 30, { expiresAt: today });
    await addMember(await addUser(), { group }, 30, { expiresAt: yesterday });
    expect(await count(group)).toEqual([people(1)]);
  });

  it("265 guests apart, unless they are more anywhere below", async () => {
    const top = await addGroup();
    const sub = await addGroup({ parent: top });
    const [guest, promoted, late] = [await addUser(), await addUser(), await addUser()];
    for (const user of [guest, promoted, late]) {
      await addMember(user, { group: top }, 10);
      await addMember(user, { group: sub }, 10);
    }
    const project = await addProject(sub);
    await addMember(guest, { project }, 5);
    await addMember(promoted, { project }, 30);
    await addMember(late, { project }, 30, { expiresAt: yesterday });
    expect(await count(top, sub)).toEqual([people(3, 1), people(3, 1)]);
    await addMember(await addUser(), { group: top }, 15);
    expect(await count(top)).toEqual([people(4, 2)]);
  });

  it("one in a personal namespace, whoever else is there; nobody where there is no namespace", async () => {
    const owner = await addUser({ state: "blocked" });
    await addMember(await addUser(), { project: await addProject(owner) }, 30);
    expect(await count({ id: await personalNamespaceId(owner) }, { id: 987_654_321 })).toEqual([people(1), people(0)]);
    expect(await count()).toEqual([]);
  });
});

describe("a small world", () => {
  it("is counted as somebody would who goes to each place in turn", async () => {
    const users = await Promise.all(
      [{}, {}, {}, {}, { state: "blocked" as const }, { userType: "project_bot" as const }].map((each) => addUser(each)),
    );
    const [a, x] = [await addGroup(), await addGroup()];
    const [b, y] = [await addGroup({ parent: a }), await addGroup({ parent: x })];
    const groups: Group[] = [a, b, await addGroup({ parent: b }), x, y];
    const projects = await Promise.all([groups[1]!, groups[2]!, groups[4]!].map((group) => addProject(group)));
    const places = [...groups.map((group) => ({ group })), ...projects.map((project) => ({ project }))];
    const parents = new Map<number, number>([
      [1, 0],
      [2, 1],
      [4, 3],
      [5, 1],
      [6, 2],
      [7, 4],
    ]);
    const ends = fc.constantFrom(null, yesterday, today, tomorrow);
    const membership = fc.record({
      place: fc.nat(places.length - 1),
      user: fc.nat(users.length - 1),
      level: fc.constantFrom(5, 10, 15, 20, 30, 50),
      ends,
      isAwaiting: fc.boolean(),
    });
    const invitation = fc.record({
      place: fc.nat(places.length - 1),
      group: fc.nat(groups.length - 1),
      level: fc.constantFrom(10, 20, 40),
      ends,
    });
    const worlds = fc.record({
      memberships: fc.uniqueArray(membership, { maxLength: 14, selector: ({ place, user }) => `${place} ${user}` }),
      invitations: fc.uniqueArray(invitation, { maxLength: 6, selector: ({ place, group }) => `${place} ${group}` }),
    });
    const above = (place: number): number[] => [place, ...(parents.has(place) ? above(parents.get(place)!) : [])];

    await fc.assert(
      fc.asyncProperty(worlds, async ({ memberships, invitations }) => {
        await db.query.batch([db.query.delete(schema.members), db.query.delete(schema.shares)]);
        for (const { place, user, level, ends: expiresAt, isAwaiting } of memberships) {
          await addMember(users[user]!, places[place]!, level, { expiresAt, isAwaiting });
        }
        for (const { place, group, level, ends: until } of invitations) await addShare(groups[group]!, places[place]!, level, until);
        const isOver = (until: string | null) => until !== null && until <= today;
        const expected = groups.map((_, root) => {
          const levels = new Map<number, number>();
          const meet = (user: number, level: number) => levels.set(user, Math.max(level, levels.get(user) ?? 0));
          for (const [place] of places.entries()) {
            if (!above(place).includes(root)) continue;
            const valid = memberships.filter((each) => !isOver(each.ends) && !each.isAwaiting && isPerson(users[each.user]!));
            for (const each of valid) if (each.place === place) meet(each.user, each.level);
            const shares = invitations.filter((each) => each.place === place && !isOver(each.ends));
            const pairs = shares.flatMap((share) => valid.map((each) => ({ share, each })));
            for (const { share, each } of pairs.filter((pair) => above(pair.share.group).includes(pair.each.place))) {
              meet(each.user, Math.min(each.level, share.level));
            }
          }
          return people(levels.size, [...levels.values()].filter((level) => level > 10).length);
        });
        expect(await count(...groups)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

const isPerson = (user: UserRow) => user.state === "active" && user.userType === "human";

const run = (text: string) => db.query.run(sql.raw(text));

/** Groups of others with members, projects, and invitations among themselves. */
async function fill(from: number, to: number): Promise<void> {
  const numbers = `with recursive n(i) as (select ${from} union all select i + 1 from n where i < ${to})`;
  await run(`insert into users (id, username, name, email, password_stamp)
    ${numbers} select 1000000 + i, 'bulk' || i, 'Bulk', 'bulk' || i || '@example.test', '0' from n`);
  await run(`insert into namespaces (id, kind, name, path) ${numbers} select 1000000 + i, 'group', 'B', 'b' || i from n`);
  await run(`insert into namespace_ancestors (namespace_id, ancestor_id, depth) ${numbers} select 1000000 + i, 1000000 + i, 0 from n`);
  await run(`insert into members (user_id, namespace_id, access_level) ${numbers} select 1000000 + i, 1000000 + i, 50 from n`);
  await run(`insert into projects (id, namespace_id, name, path) ${numbers} select 1000000 + i, 1000000 + i, 'own', 'own' from n`);
  await run(`insert into members (user_id, project_id, access_level) ${numbers} select 1000000 + i, 1000000 + i, 50 from n`);
  await run(`insert into shares (group_id, namespace_id, access_level)
    ${numbers} select 1000000 + i, 1000000 + max(${from}, i - 1), 30 from n`);
}

async function cost(place: { id: number }) {
  const watched = openDb(env.DB);
  const rows = await countBillable(watched, [place.id], today);
  return { rows, rowsRead: watched.meter.rowsRead, trips: watched.meter.trips };
}

describe("what counting costs", () => {
  it("does not grow with what others have, and walks through no table", async () => {
    const group = await addGroup();
    const circle = await addGroup();
    const project: Project = await addProject(group);
    for (const place of [{ group }, { group: circle }, { project }]) await addMember(await addUser(), place, 30);
    await addShare(circle, { project }, 30);
    await fill(1, 3);
    const few = await cost(group);
    expect([few.rows, few.trips]).toEqual([[{ id: group.id, people: 3, guests: 0 }], 1]);
    await fill(4, 2000);
    expect(await cost(group)).toEqual(few);
    const { sql: text, params } = countBillable(db, [group.id], today).getQuery();
    const scans = await scansOf({ text, params });
    expect(scans).toEqual([]);
    expect(few.rowsRead).toBeLessThan(100);
  });

  it("is one statement for ten thousand people", async () => {
    const group = await addGroup();
    const project = await addProject(group);
    const numbers = `with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)`;
    await run(`insert into users (id, username, name, email, password_stamp)
      ${numbers} select 5000000 + i, 'many' || i, 'Many', 'many' || i || '@example.test', '0' from n`);
    await run(`insert into members (user_id, namespace_id, access_level) ${numbers} select 5000000 + i, ${group.id}, 10 from n`);
    await run(
      `insert into members (user_id, project_id, access_level) ${numbers} select 5000000 + i, ${project.id}, 30 from n where i <= 2500`,
    );
    const { rows, trips, rowsRead } = await cost(group);
    expect([rows, trips]).toEqual([[{ id: group.id, people: 10_000, guests: 7500 }], 1]);
    expect(rowsRead).toBeLessThan(100_000);
  });
});
