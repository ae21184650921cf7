import { storableText } from "../domain/text.ts";

/** What a receiver answered, or why there is no answer: a sentence that holds nothing of the request. */
export type Reply = { status: number; headers: Record<string, string>; body: string } | { error: string };

/** How requests leave: `fetch`, or what stands for it in a test. */
export type Send = (url: string, init: RequestInit) => Promise<Response>;

const timeLimitMs = 10_000;
const longestBody = 8 * 1024;
const mostHeaders = 50;
const longestHeader = 1024;

/**
 * One POST of JSON to somebody else's server (contract push 8.5): at most ten seconds until its answer is read, of which
 * 8 KiB of the body and 50 headers of 1 KiB are kept. A redirect is an answer like any other: it may lead to where requests
 * are not allowed to go, and is not followed. Never throws.
 */
export async function post(
  send: Send,
  url: string,
  headers: Record<string, string>,
  body: BodyInit,
  limitMs = timeLimitMs,
): Promise<Reply> {
  const time = new AbortController();
  const expired = new Promise<"expired">((resolve) => time.signal.addEventListener("abort", () => resolve("expired")));
  const timer = setTimeout(() => time.abort(), limitMs);
  try {
    const answered = readReply(send(url, { method: "POST", headers, body, redirect: "manual", signal: time.signal }), expired);
    const reply = await Promise.race([answered, expired]);
    return reply === "expired" ? { error: `No answer within ${limitMs / 1000} seconds` } : reply;
  } catch {
    // What was thrown may hold the address, and with it a password.
    return time.signal.aborted ? { error: `No answer within ${limitMs / 1000} seconds` } : { error: "The receiver could not be reached" };
  } finally {
    clearTimeout(timer);
  }
}

async function readReply(sent: Promise<Response>, expired: Promise<unknown>): Promise<Reply> {
  const response = await sent;
  return { status: response.status, headers: readHeaders(response.headers), body: await readStart(response.body, expired) };
}

function readHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    [...headers].slice(0, mostHeaders).map(([name, value]) => [capitalised(name), storableText(value.slice(0, longestHeader))]),
  );
}

/** `content-type` as `Content-Type`. */
function capitalised(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

/** The start of a body as text; the rest is not waited for. */
async function readStart(body: ReadableStream<Uint8Array> | null, expired: Promise<unknown>): Promise<string> {
  if (body === null) return "";
  const reader = body.getReader();
  const cancel = () => {
    reader.cancel().catch(() => undefined);
  };
  // A body that comes to no end is let go, also where the request itself was not stopped.
  void expired.then(cancel);
  const bytes = new Uint8Array(longestBody);
  let length = 0;
  while (length < longestBody) {
    // oxlint-disable-next-line no-await-in-loop -- in order
    const { done, value } = await reader.read();
    if (done) break;
    const piece = value.subarray(0, longestBody - length);
    bytes.set(piece, length);
    length += piece.byteLength;
  }
  cancel();
  // A character that was cut in two at the end is left out.
  return storableText(new TextDecoder().decode(bytes.subarray(0, length), { stream: true }));
}
