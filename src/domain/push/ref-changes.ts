import { isBranch, isTag, linesOf, readLine, type RefChange } from "../git/changes.ts";
import type { RefType } from "./push-event.ts";

/** A branch or tag that a push changed. */
export interface PushedRef extends RefChange {
  /** Number of its line, from 0; every line counts. */
  index: number;
  type: RefType;
}

/** As much as tells one encoding from another. */
const sampleBytes = 65_536;

/**
 * The text of a push's changes (contract push 7.1). What has no space anywhere is Base64, as older senders have it; its
 * bytes are UTF-8 or, where they cannot be, of the encoding that they look like. Every character is whole afterwards:
 * half of a surrogate pair is no text that could be stored.
 */
export async function decodeChanges(changes: string): Promise<string> {
  const text = changes.includes(" ") ? changes : await decodeBytes(Buffer.from(changes, "base64"));
  return text.toWellFormed();
}

async function decodeBytes(bytes: Uint8Array): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return (await decoderFor(bytes)).decode(bytes);
  }
}

/**
 * Looks from the first byte on that is not ASCII; where nothing is recognised, what is no UTF-8 is replaced. Hardly ever
 * needed, so the library that knows encodings is loaded by who does.
 */
async function decoderFor(bytes: Uint8Array): Promise<TextDecoder> {
  const { detect } = await import("chardet");
  const first = Math.max(
    0,
    bytes.findIndex((byte) => byte > 0x7f),
  );
  const encoding = detect(bytes.subarray(first, first + sampleBytes));
  try {
    return new TextDecoder(encoding ?? "utf-8");
  } catch {
    return new TextDecoder();
  }
}

/** The branches and tags of a decoded text, in order; other refs and what is malformed are left out. */
export function* refChanges(text: string): Generator<PushedRef> {
  let index = -1;
  for (const line of linesOf(text)) {
    index += 1;
    const change = readLine(line);
    if (change === null || change === "blank") continue;
    const type = typeOf(change.ref);
    if (type !== null) yield { ...change, index, type };
  }
}

function typeOf(ref: string): RefType | null {
  if (isBranch(ref)) return "branch";
  return isTag(ref) ? "tag" : null;
}
