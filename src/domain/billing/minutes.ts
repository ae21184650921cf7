/** Compute minutes that were bought at once. */
export interface MinutesPack {
  numberOfMinutes: number;
  /** `YYYY-MM-DD`; counts up to and including this day. */
  expiresAt: string;
  /** The portal's name of the purchase, unique over the instance. */
  purchaseXid: string;
}

/** The same as it was sent: anything may be blank. */
export type SentPack = { [Field in keyof MinutesPack]: MinutesPack[Field] | null };

const longestXid = 50;

/** The packs as they can be saved, in their order; null where one of them cannot (contract customers 6.1, step 4). */
export function packsToSave(sent: readonly SentPack[]): MinutesPack[] | null {
  const packs = sent.map(packToSave).filter((pack) => pack !== null);
  return packs.length === sent.length ? packs : null;
}

function packToSave({ numberOfMinutes, expiresAt, purchaseXid }: SentPack): MinutesPack | null {
  if (numberOfMinutes === null || expiresAt === null || purchaseXid === null || !isXid(purchaseXid)) return null;
  return { numberOfMinutes, expiresAt, purchaseXid };
}

/** Characters count, not the units of UTF-16 that they take. Neither NUL nor half of a character comes back as it was sent. */
function isXid(text: string): boolean {
  const isShort = text.length <= 2 * longestXid && Array.from(text).length <= longestXid;
  return isShort && text.trim() !== "" && !text.includes("\0") && text.isWellFormed();
}

/** Of packs of the same purchase the first. */
export function firstOfEachPurchase(packs: readonly MinutesPack[]): MinutesPack[] {
  const first = new Map<string, MinutesPack>();
  for (const pack of packs) if (!first.has(pack.purchaseXid)) first.set(pack.purchaseXid, pack);
  return [...first.values()];
}

/** The minutes that can be used on a day, all told (contract customers 6.2). */
export function minutesBalance(packs: readonly MinutesPack[], today: string): number {
  return packs.filter(({ expiresAt }) => expiresAt >= today).reduce((sum, { numberOfMinutes }) => sum + numberOfMinutes, 0);
}
