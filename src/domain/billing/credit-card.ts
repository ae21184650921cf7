import { createHash } from "node:crypto";

/** What the portal tells of a card that was seen to be good. */
export interface SentCard {
  holderName: string;
  network: string;
  /** Ends with the last digits, four at most of which are looked at. */
  maskNumber: string;
  expirationYear: number;
  expirationMonth: number;
  zuoraPaymentMethodXid: string | null;
  stripeSetupIntentXid: string | null;
  stripePaymentMethodXid: string | null;
  stripeCardFingerprint: string | null;
}

/** What is kept of a card: SHA-256 of each of its parts, 64 hex digits. */
export interface CardDigests {
  holderNameDigest: string;
  networkDigest: string;
  lastDigitsDigest: string;
  expirationDateDigest: string;
}

const longestText = 255;
const longestZuoraXid = 50;

/** Texts of a card with how long each may be. */
function boundedTexts(card: SentCard): [string | null, number][] {
  return [
    [card.holderName, longestText],
    [card.network, longestText],
    [card.zuoraPaymentMethodXid, longestZuoraXid],
    [card.stripeSetupIntentXid, longestText],
    [card.stripePaymentMethodXid, longestText],
    [card.stripeCardFingerprint, longestText],
  ];
}

/**
 * The digests of a card: of holder and network in lower case, of the last digits, and of the last day of the month in
 * which it expires; null for one that no card is, or with an id that is too long (contract customers 10).
 */
export function digestCard(card: SentCard): CardDigests | null {
  const isTooLong = boundedTexts(card).some(([text, most]) => text !== null && text.length > most);
  const lastDigits = /\d{1,4}$/.exec(card.maskNumber.trim())?.[0];
  const lastDay = lastDayOf(card.expirationYear, card.expirationMonth);
  if (isTooLong || lastDigits === undefined || lastDay === null) return null;
  return {
    holderNameDigest: digest(card.holderName.toLowerCase()),
    networkDigest: digest(card.network.toLowerCase()),
    lastDigitsDigest: digest(lastDigits),
    expirationDateDigest: digest(lastDay),
  };
}

/** `YYYY-MM-DD`; null where the calendar has no such month. */
function lastDayOf(year: number, month: number): string | null {
  if (year < 1 || year > 9999 || month < 1 || month > 12) return null;
  const date = new Date(0);
  // The day before the first of the next month; years below 100 are what they say.
  date.setUTCFullYear(year, month, 0);
  return date.toISOString().slice(0, 10);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** `2020-01-01 00:00:00 UTC`, as the portal writes points in time, in the form of ISO 8601; other texts as they are. */
export function toIsoInstant(text: string): string {
  const parts = /^(\d{4}-\d{2}-\d{2})[ T]([\d:.]+) ?(?:UTC|GMT|Z)?$/i.exec(text.trim());
  if (parts !== null) return `${parts[1]}T${parts[2]}Z`;
  const shifted = /^(\d{4}-\d{2}-\d{2})[ T]([\d:.]+) ?([+-]\d{2}:?\d{2})$/.exec(text.trim());
  return shifted === null ? text : `${shifted[1]}T${shifted[2]}${shifted[3]}`;
}
