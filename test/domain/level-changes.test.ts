import { describe, expect, it } from "vitest";
import { isChange, planChanges, type ChangeEntry, type ExistingLevel } from "../../src/domain/access/level-changes.ts";

const nobody = { accessLevel: null, userId: null, groupId: null, deployKeyId: null };
const levels: ExistingLevel[] = [
  { ...nobody, id: 1, action: "push", accessLevel: 40 },
  { ...nobody, id: 2, action: "push", userId: 7 },
  { ...nobody, id: 3, action: "merge", accessLevel: 40 },
  { ...nobody, id: 4, action: "unprotect", accessLevel: 40 },
];
const plan = (...push: Omit<ChangeEntry, "isRemoval">[]) => planChanges(levels, { push: push.map(kept), merge: [], unprotect: [] });
const kept = (entry: Omit<ChangeEntry, "isRemoval">): ChangeEntry => ({ isRemoval: false, ...entry });
const nothing = { removed: [], changed: [], added: [], doubled: [] };

describe("what a change does to the levels of a rule", () => {
  it("is nothing where it says what is so already", () => {
    expect(plan({ id: 1, access_level: 40 }, { user_id: 7 }, { access_level: 40 })).toEqual(nothing);
  });

  it("adds whom it names, each once", () => {
    const added = [
      { ...nobody, action: "push", userId: 8 },
      { ...nobody, action: "push", accessLevel: 30 },
    ];
    expect(plan({ user_id: 8, access_level: 30 }, { user_id: 8 })).toEqual({ ...nothing, added });
  });

  it("admits somebody to one action whom another admits already", () => {
    const added = [{ ...nobody, action: "merge", userId: 7 }];
    expect(planChanges(levels, { push: [], merge: [kept({ user_id: 7 })], unprotect: [] })).toEqual({ ...nothing, added });
  });

  it("puts another holder in the place of the former one, whatever its kind", () => {
    const changed = [{ ...nobody, id: 2, action: "push", accessLevel: 30 }];
    expect(plan({ id: 2, access_level: 30 })).toEqual({ ...nothing, changed });
  });

  it("adds anew whom it removes, and removes what it names twice", () => {
    const removal = { isRemoval: true } as object;
    const added = [{ ...nobody, action: "push", accessLevel: 40 }];
    expect(plan({ id: 1, ...removal }, { access_level: 40 })).toEqual({ ...nothing, removed: [1], added });
    expect(plan({ id: 1, access_level: 30 }, { id: 1, ...removal })).toEqual({ ...nothing, removed: [1] });
  });

  it("is impossible for a level that is not there, or is another action's", () => {
    expect(plan({ id: 5, access_level: 30 })).toBeNull();
    expect(plan({ id: 3, access_level: 30 })).toBeNull();
    expect(plan({ id: 1, access_level: 30 }, { id: 5, access_level: 30 })).toBeNull();
    expect(plan({ user_id: 8 }, { id: 5, access_level: 30 })).toBeNull();
  });

  it("names who would have two levels", () => {
    expect(plan({ id: 1, user_id: 7 })?.doubled).toEqual(["Push access levels user has already been taken"]);
    expect(plan({ id: 1, group_id: 5 }, { id: 2, group_id: 5 })?.doubled).toEqual(["Push access levels group has already been taken"]);
    expect(plan({ id: 2, access_level: 40 })?.doubled).toEqual(["Push access levels access level has already been taken"]);
    expect(plan({ id: 1, deploy_key_id: 5 }, { id: 2, deploy_key_id: 5 })?.doubled).toEqual([
      "Push access levels deploy key has already been taken",
    ]);
  });
});

it("an element of a change says one thing", () => {
  const id = 1;
  const two = { user_id: 7, group_id: 5 };
  const says = [kept({ user_id: 7 }), kept(two), kept({ id, access_level: 30 }), { id, isRemoval: true }, { id, isRemoval: true, ...two }];
  expect(says.filter((entry) => !isChange(entry))).toEqual([]);
  const saysNothing = [kept({}), kept({ id }), kept({ id, ...two }), { isRemoval: true }, { isRemoval: true, user_id: 7 }];
  expect(saysNothing.filter(isChange)).toEqual([]);
});
