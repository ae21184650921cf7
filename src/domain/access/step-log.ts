/** How long the checks of one push may take, from the first of them on (contract git-access 17). */
const budgetMilliseconds = 50_000;

/** A time-out tells of the last steps; a push of 100,000 refs has too many to tell of all. */
const linesKept = 400;

/** Keeps the time for the checks of a push, and what it was spent on. */
export interface StepLog {
  /** Ends the running step and writes a line of its own. */
  note(line: string): void;
  /** Ends the running step and begins this one. False: the time is used up, and the step is not to be taken. */
  begin(step: string): boolean;
  /** Looks at the clock: something has been waited for. */
  tick(): void;
  /** The running step was cut off. */
  cut(): void;
  millisecondsLeft(): number;
  /** The lines of a time-out. */
  lines(): string[];
}

/**
 * `clock` gives milliseconds. It is looked at after every wait and not between: in a Worker it stands still then, and
 * nothing but waiting takes long here.
 */
export function stepLogOf(clock: () => number): StepLog {
  const startedAt = clock();
  let now = startedAt;
  let written: { text: string; after: string; milliseconds: number | null }[] = [];
  let running: { step: string; since: number } | null = null;
  const write = (text: string, milliseconds: number | null = null, after = "") => {
    if (written.length >= 2 * linesKept) written = written.slice(-linesKept);
    written.push({ text, after, milliseconds });
  };
  const end = (after = "") => {
    if (running !== null) write(running.step, now - running.since, after);
    running = null;
  };
  const left = () => budgetMilliseconds - (now - startedAt);
  return {
    note(line) {
      end();
      write(line);
    },
    begin(step) {
      if (running?.step === step) return true;
      end();
      if (left() <= 0) {
        write(`${step} (cancelled)`);
        return false;
      }
      running = { step, since: now };
      return true;
    },
    tick() {
      now = clock();
    },
    cut: () => end("cancelled after "),
    millisecondsLeft: left,
    lines: () =>
      written
        .slice(-linesKept)
        .map(({ text, after, milliseconds }) => (milliseconds === null ? text : `${text} (${after}${describeTime(milliseconds)}ms)`)),
  };
}

/** Two decimals at most, one at least: `0.0`, `12.34`. */
function describeTime(milliseconds: number): string {
  const rounded = Math.round(milliseconds * 100) / 100;
  return Number.isInteger(rounded) ? `${rounded}.0` : String(rounded);
}
