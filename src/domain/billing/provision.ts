import type { FieldErrors } from "../fault.ts";
import type { SentTerms } from "./subscription.ts";

/** A new subscription that is provisioned has to say its seats: there is no default (contract customers 10). */
export function withSaidSeats(sent: SentTerms, isThere: boolean): SentTerms {
  return isThere || sent.seats !== undefined ? sent : { ...sent, seats: null };
}

/** Errors by field as sentences: `Purchase xid can't be blank`, or with a noun `Gitlab subscription seats can't be blank`. */
export function sentencesOf(errors: FieldErrors, noun?: string): string[] {
  return Object.entries(errors).flatMap(([field, texts]) => {
    const words = `${noun === undefined ? "" : `${noun} `}${field.replaceAll("_", " ")}`;
    return texts.map((text) => `${words.slice(0, 1).toUpperCase()}${words.slice(1)} ${text}`);
  });
}
