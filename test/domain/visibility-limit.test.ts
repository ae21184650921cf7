import { expect, it } from "vitest";
import { isWider, narrowerOf, visibilityRefusal } from "../../src/domain/access/visibility-limit.ts";
import { visibilities } from "../../src/domain/identity/visibility.ts";

it("private, internal, public: each is seen by more people than the one before", () => {
  const wider = visibilities.map((one) => visibilities.filter((other) => isWider(one, other)));
  expect(wider).toEqual([[], ["private"], ["private", "internal"]]);
  expect(narrowerOf("public", "internal")).toBe("internal");
  expect(narrowerOf("private", "internal")).toBe("private");
  expect(narrowerOf("internal", "internal")).toBe("internal");
});

it("nothing is seen by more people than its group is, whoever wants it", () => {
  for (const isAdmin of [true, false]) {
    const refused = visibilities.map((wanted) => visibilityRefusal(wanted, { group: "internal", restricted: [], isAdmin }));
    expect(refused).toEqual([null, null, "group"]);
    expect(visibilityRefusal("public", { group: null, restricted: [], isAdmin })).toBeNull();
  }
});

it("what the instance keeps for administrators is given by them alone", () => {
  const limits = { group: null, restricted: ["public"] as const };
  expect(visibilityRefusal("public", { ...limits, isAdmin: false })).toBe("restricted");
  expect(visibilityRefusal("internal", { ...limits, isAdmin: false })).toBeNull();
  expect(visibilityRefusal("public", { ...limits, isAdmin: true })).toBeNull();
  expect(visibilityRefusal("public", { ...limits, group: "private", isAdmin: false })).toBe("group");
});
