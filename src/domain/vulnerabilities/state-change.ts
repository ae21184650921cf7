import type { VulnerabilityState } from "./vulnerability.ts";

/** What a person may make of a vulnerability, and the state that it is in then. */
const stateAfter = { confirm: "confirmed", dismiss: "dismissed", resolve: "resolved", revert: "detected" } as const;
export type VulnerabilityAction = keyof typeof stateAfter;

/** A state with all that is said of it: since when, and of what is dismissed why. Of states that were left nothing is said. */
export interface StateChange {
  state: VulnerabilityState;
  confirmedAt: Date | null;
  dismissedAt: Date | null;
  resolvedAt: Date | null;
  dismissalComment: string | null;
}

export function changeBy(action: VulnerabilityAction, comment: string | null, now: Date): StateChange {
  const since = (named: VulnerabilityAction) => (named === action ? now : null);
  return {
    state: stateAfter[action],
    confirmedAt: since("confirm"),
    dismissedAt: since("dismiss"),
    resolvedAt: since("resolve"),
    dismissalComment: action === "dismiss" ? comment : null,
  };
}

/** Characters that a comment may have. */
export const longestComment = 50_000;
