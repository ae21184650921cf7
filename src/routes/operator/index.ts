import type { Operation } from "../../http/operation.ts";
import { readAgentUsage } from "./agent-usage.ts";
import { listReferenceCounters, readPushInProgress, readReferenceCounter, resetReferenceCounter } from "./counters.ts";
import { deleteLetter, listLetters, readLetter, replayLetter } from "./dead-letters.ts";
import { findDecisions } from "./decisions.ts";
import { explain } from "./explain.ts";
import { showLedger } from "./ledger.ts";
import { readLine } from "./lines.ts";
import { showSubscriptionHistory } from "./subscription-history.ts";
import { refreshSubscriptions } from "./subscription-refresh.ts";

/** For whoever runs the instance; not part of GitLab's API. */
export const operator: readonly Operation[] = [
  explain,
  findDecisions,
  listReferenceCounters,
  readReferenceCounter,
  resetReferenceCounter,
  readPushInProgress,
  readLine,
  readAgentUsage,
  listLetters,
  readLetter,
  replayLetter,
  deleteLetter,
  refreshSubscriptions,
  showSubscriptionHistory,
  showLedger,
];
