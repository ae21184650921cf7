import { sql, type SQL } from "drizzle-orm";
import type { Db } from "./client.ts";

/** Bytes of the largest body that is sent (contract push 8.5). */
export const largestPayload = 25 * 1024 * 1024;

/** Parts that are read in one round trip. */
const partsPerRead = 8;

/** The first parts of a body, and how large it is in all: what a batch reads of it. */
export interface PayloadStart {
  bytes: number;
  texts: string[];
}

/** The statements that read the start of the body whose key the subquery gives; `toPayloadStart` takes their rows. */
export function selectPayloadStart(db: Db, key: SQL) {
  return [
    db.query.all<{ bytes: number }>(sql`
      select coalesce(sum(length(cast(text as blob))), 0) as bytes from hook_payloads where key = (${key})`),
    selectParts(db, key, 0),
  ] as const;
}

function selectParts(db: Db, key: SQL, from: number) {
  return db.query.all<{ text: string }>(sql`
    select text from hook_payloads where key = (${key}) and part >= ${from} order by part limit ${partsPerRead}`);
}

export function toPayloadStart(sizes: readonly { bytes: number }[], parts: readonly { text: string }[]): PayloadStart {
  return { bytes: sizes[0]?.bytes ?? 0, texts: parts.map(({ text }) => text) };
}

/**
 * The whole body as UTF-8: put where it belongs part by part, so that a large one is held once. Null where nothing is kept
 * under the key any more, `too_large` where there is more than may be sent.
 */
export async function readPayload(db: Db, key: string, start: PayloadStart): Promise<Uint8Array<ArrayBuffer> | "too_large" | null> {
  if (start.bytes === 0) return null;
  if (start.bytes > largestPayload) return "too_large";
  const body = new Uint8Array(start.bytes);
  const encoder = new TextEncoder();
  let written = 0;
  let part = 0;
  let { texts } = start;
  while (texts.length > 0) {
    for (const text of texts) written += encoder.encodeInto(text, body.subarray(written)).written;
    part += texts.length;
    if (written >= start.bytes) break;
    // oxlint-disable-next-line no-await-in-loop -- one piece in memory at a time
    texts = (await selectParts(db, sql`${key}`, part)).map(({ text }) => text);
  }
  return body.subarray(0, written);
}
