import { expect, it } from "vitest";
import { overtakenRefs } from "../../src/domain/push/overtaken.ts";

const [one, two, three] = ["1", "2", "3"].map((digit) => digit.repeat(40)) as [string, string, string];
const none = "0".repeat(40);

const cases: [name: string, changes: [string, string][], stored: string | null, isOvertaken: boolean][] = [
  ["is as it was before the push", [[one, two]], one, false],
  ["is as the push made it", [[one, two]], two, false],
  ["is something else", [[one, two]], three, true],
  ["is gone, and was not when it was pushed", [[one, two]], null, true],
  ["is there, and was created by the push", [[none, one]], one, false],
  ["is not there yet, and is created by the push", [[none, one]], null, false],
  ["was created by the push, and is something else", [[none, one]], two, true],
  ["was deleted by the push, and is something else", [[one, none]], two, true],
  ["was deleted by the push, and is gone", [[one, none]], null, false],
  [
    "was changed twice by the push, and is in between",
    [
      [one, two],
      [two, three],
    ],
    two,
    false,
  ],
  [
    "was changed twice by the push, and is as after the first change",
    [
      [one, two],
      [one, three],
    ],
    two,
    false,
  ],
];

it.each(cases)("a ref that %s", (_, changes, stored, isOvertaken) => {
  const pushed = changes.map(([oldrev, newrev]) => ({ oldrev, newrev, ref: "refs/heads/main" }));
  const found = overtakenRefs(pushed, new Map(stored === null ? [] : [["refs/heads/main", stored]]));
  expect([...found]).toEqual(isOvertaken ? ["refs/heads/main"] : []);
});
