import type { BillingCaller } from "../../auth/callers.ts";
import type { LedgerActor } from "../../domain/billing/ledger.ts";

/** Who is written down as the one who changed something. */
export function ledgerActor(caller: BillingCaller): LedgerActor {
  return caller.kind === "portal" ? "customers-dot" : `user-${caller.user.id}`;
}
