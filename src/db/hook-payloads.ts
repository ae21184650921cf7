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

/** A body as UTF-8: bytes, or, of a large one, what reads it as it is taken. */
export type Payload = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/**
 * The whole body; null where nothing is kept under the key any more, `too_large` where there is more than may be sent. Of a
 * large one a few parts are in memory at a time: several may be on their way at once.
 */
export function readPayload(db: Db, key: string, start: PayloadStart): Payload | "too_large" | null {
  if (start.bytes === 0) return null;
  if (start.bytes > largestPayload) return "too_large";
  const bytes = encode(start.texts);
  return bytes.byteLength === start.bytes ? bytes : streamPayload(db, key, start);
}

function streamPayload(db: Db, key: string, { bytes, texts }: PayloadStart): ReadableStream<Uint8Array> {
  let part = 0;
  const parts = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = part === 0 ? texts : (await selectParts(db, sql`${key}`, part)).map(({ text }) => text);
        part += next.length;
        if (next.length === 0) controller.close();
        else controller.enqueue(encode(next));
      },
    },
    { highWaterMark: 0 },
  );
  // Says how long the body is before it is read; one that turns out otherwise is broken off.
  return parts.pipeThrough(new FixedLengthStream(bytes));
}

function encode(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  return Buffer.from(texts.join(""));
}
