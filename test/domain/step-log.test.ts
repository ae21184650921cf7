import { describe, expect, it } from "vitest";
import { stepLogOf } from "../../src/domain/access/step-log.ts";

/** A log, and the hand of its clock; it begins at some time. */
function started() {
  const hand = { time: 7000 };
  const steps = stepLogOf(() => hand.time);
  return {
    steps,
    wait: (milliseconds: number) => {
      hand.time += milliseconds;
      steps.tick();
    },
  };
}

describe("git-access 17: what the time was spent on", () => {
  it.each([
    [0, "0.0"],
    [12, "12.0"],
    [12.3, "12.3"],
    [12.344, "12.34"],
    [12.345, "12.35"],
    [12.999, "13.0"],
    [49_999.99, "49999.99"],
  ])("%d ms are written as %s", (milliseconds, text) => {
    const { steps, wait } = started();
    steps.begin("a step...");
    wait(milliseconds);
    steps.note("the end");
    expect(steps.lines()).toEqual([`a step... (${text}ms)`, "the end"]);
  });

  it("guards of one step in a row are one line; a step that comes back is another", () => {
    const { steps, wait } = started();
    for (const step of ["one", "one", "two", "one"]) {
      expect(steps.begin(step)).toBe(true);
      wait(5);
    }
    steps.note("the end");
    expect(steps.lines()).toEqual(["one (10.0ms)", "two (5.0ms)", "one (5.0ms)", "the end"]);
  });

  it("a line of its own ends the running step, so that it is begun anew", () => {
    const { steps, wait } = started();
    steps.begin("one");
    wait(1);
    steps.note("another ref");
    wait(2);
    steps.begin("one");
    wait(3);
    steps.note("the end");
    expect(steps.lines()).toEqual(["one (1.0ms)", "another ref", "one (3.0ms)", "the end"]);
  });

  it("the clock is looked at after a wait only", () => {
    let looks = 0;
    const steps = stepLogOf(() => (looks += 1));
    steps.begin("one");
    steps.begin("two");
    steps.note("the end");
    expect(looks).toBe(1);
    expect(steps.lines()).toEqual(["one (0.0ms)", "two (0.0ms)", "the end"]);
  });

  it("what is cut off says after how long, and is written once", () => {
    const { steps, wait } = started();
    steps.begin("one");
    wait(1.5);
    steps.cut();
    steps.cut();
    expect(steps.lines()).toEqual(["one (cancelled after 1.5ms)"]);
  });

  it("after 50 seconds no step is begun", () => {
    const { steps, wait } = started();
    expect(steps.millisecondsLeft()).toBe(50_000);
    wait(49_999);
    expect(steps.millisecondsLeft()).toBe(1);
    expect(steps.begin("in time")).toBe(true);
    wait(1);
    // The running step goes on.
    expect(steps.begin("in time")).toBe(true);
    expect(steps.begin("too late")).toBe(false);
    expect(steps.lines()).toEqual(["in time (1.0ms)", "too late (cancelled)"]);
    wait(1);
    expect(steps.millisecondsLeft()).toBe(-1);
    expect(steps.begin("far too late")).toBe(false);
  });

  it("of many lines the last 400 are kept", () => {
    const { steps } = started();
    const expected: string[] = [];
    for (let index = 0; index < 2001; index += 1) {
      steps.note(`ref ${index}`);
      expected.push(`ref ${index}`);
      expect(steps.lines()).toEqual(expected.slice(-400));
    }
  });
});
