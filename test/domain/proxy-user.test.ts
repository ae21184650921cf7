import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { userAccessKinds } from "../../src/domain/agents/configuration.ts";
import { decideProxyAccess, type ProxyUserFacts } from "../../src/domain/agents/proxy-user.ts";

const decide = (facts: Partial<ProxyUserFacts>) => decideProxyAccess({ userAccess: "agent", projects: [], groups: [], ...facts });
const member = { projects: [{ id: 1, level: 30 }] };
const refused = (refusal: string) => ({ as: "nobody", refusal });

describe("a user who asks for a cluster", () => {
  it.each([
    [null, "`user_access` keyword is not found in agent config file."],
    ["unstated", "`access_as` is not found under the `user_access` keyword."],
    ["several", "`access_as` must exist only once under the `user_access` keyword."],
  ] as const)("is refused where user_access is %s, member or not", (userAccess, text) => {
    expect(decide({ userAccess, ...member })).toEqual(refused(text));
    expect(decide({ userAccess })).toEqual(refused(text));
  });

  it.each(["agent", "user"] as const)("is refused as %s below Developer everywhere", (userAccess) => {
    const text = "You must be a member of `projects` or `groups` under the `user_access` keyword.";
    expect(decide({ userAccess })).toEqual(refused(text));
    const below = [0, 5, 10, 15, 20, 29].map((level, id) => ({ id, level }));
    expect(decide({ userAccess, projects: below, groups: below })).toEqual(refused(text));
  });

  it("comes as the agent, whichever place makes them a member", () => {
    expect(decide(member)).toEqual({ as: "agent" });
    expect(decide({ groups: [{ id: 1, level: 50 }] })).toEqual({ as: "agent" });
  });

  it("comes as themselves with all roles up to their own, where they are Developer or more", () => {
    const decision = decide({
      userAccess: "user",
      projects: [
        { id: 1, level: 20 },
        { id: 2, level: 30 },
        { id: 3, level: 40 },
      ],
      groups: [
        { id: 4, level: 50 },
        { id: 5, level: 0 },
      ],
    });
    const developer = ["guest", "planner", "reporter", "developer"];
    expect(decision).toEqual({
      as: "user",
      projects: [
        { id: 2, roles: developer },
        { id: 3, roles: [...developer, "maintainer"] },
      ],
      groups: [{ id: 4, roles: [...developer, "maintainer", "owner"] }],
    });
  });

  it("is let in exactly as agent or user, and as Developer somewhere", () => {
    const places = fc.array(fc.record({ id: fc.nat(), level: fc.constantFrom(0, 5, 10, 15, 20, 30, 40, 50) }));
    fc.assert(
      fc.property(fc.constantFrom(null, ...userAccessKinds), places, places, (userAccess, projects, groups) => {
        const decision = decideProxyAccess({ userAccess, projects, groups });
        const isDeveloper = [...projects, ...groups].some(({ level }) => level >= 30);
        expect(decision.as).toBe(isDeveloper && (userAccess === "agent" || userAccess === "user") ? userAccess : "nobody");
        if (decision.as !== "user") return;
        expect(decision.projects.map(({ id }) => id)).toEqual(projects.filter(({ level }) => level >= 30).map(({ id }) => id));
        expect(decision.groups.map(({ id }) => id)).toEqual(groups.filter(({ level }) => level >= 30).map(({ id }) => id));
      }),
    );
  });
});
