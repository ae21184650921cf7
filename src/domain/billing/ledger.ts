/** What the ledger of purchases and changes is about (contract customers 10). */
export const ledgerKinds = [
  "subscription",
  "minutes",
  "minutes_move",
  "reconciliation",
  "namespace",
  "add_on",
  "storage_exclusion",
] as const;
export type LedgerKind = (typeof ledgerKinds)[number];

/** Who changed something: `user-<id>`, or the portal by its own credential. */
export type LedgerActor = `user-${number}` | "customers-dot";
