const keptDays = 7;

/** Deliveries and requests from before then are forgotten, and not shown where they are still stored (contract push 8.5). */
export function keptDeliveriesSince(now: Date): Date {
  return new Date(now.getTime() - keptDays * 24 * 60 * 60 * 1000);
}
