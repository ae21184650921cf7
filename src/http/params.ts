import { parse } from "qs-esm";
import { Fault } from "../domain/fault.ts";

/** Query, body and path of a request as one plain object, before any validation. */
export interface ReadParams {
  values: Record<string, unknown>;
  /** Set where the body could not be read; told only to callers that have proved who they are. */
  fault: Fault | null;
}

const brokenBody = () => new Fault("invalid", "broken_body", "message body does not match declared format");
const unsupportedMedia = () => new Fault("invalid", "unsupported_media", "The provided content-type is not supported.");
export const bodyTooLarge = () => new Fault("tooLarge", "body_too_large");

/**
 * Precedence is path over body over query. The body may be JSON, a form or multipart whatever the method; an empty one
 * is no parameters, whatever its Content-Type says (Go clients send `application/json` on every GET).
 */
export async function readParams(
  request: Request,
  path: Record<string, string>,
  { limitBytes, unwrapsText }: { limitBytes: number; unwrapsText: boolean },
): Promise<ReadParams> {
  const query = parseForm(new URL(request.url).search.slice(1));
  const bytes = await readBytes(request, limitBytes);
  try {
    const body = await parseBody(bytes, request.headers.get("Content-Type") ?? "", unwrapsText);
    return { values: { ...query, ...body, ...path }, fault: null };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { values: { ...query, ...path }, fault: error };
  }
}

/**
 * Refuses by Content-Length before reading, and while reading what has none. A body whose length is known is put where
 * it belongs as it comes: the body of a large push is held once.
 */
async function readBytes(request: Request, limitBytes: number): Promise<Uint8Array> {
  const announced = Math.trunc(Number(request.headers.get("Content-Length") ?? 0)) || 0;
  if (announced > limitBytes) throw bodyTooLarge();
  if (request.body === null) return new Uint8Array();
  // Announced is not sent: memory for much of it is taken once there is much.
  let all = new Uint8Array(announced > 0 ? Math.min(announced, mostAhead) : firstBytes);
  let length = 0;
  for await (const chunk of request.body as ReadableStream<Uint8Array>) {
    if (length + chunk.byteLength > limitBytes) throw bodyTooLarge();
    if (length + chunk.byteLength > all.byteLength)
      all = grown(all, Math.min(limitBytes, Math.max(announced, 2 * (length + chunk.byteLength))));
    all.set(chunk, length);
    length += chunk.byteLength;
  }
  return all.subarray(0, length);
}

/** Room for a body that does not say how long it is; it grows with it. */
const firstBytes = 16 * 1024;
const mostAhead = 1024 * 1024;

function grown(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(bytes);
  return larger;
}

async function parseBody(bytes: Uint8Array, contentType: string, unwrapsText: boolean): Promise<Record<string, unknown>> {
  if (bytes.byteLength === 0) return {};
  const mediaType = contentType.split(";")[0]?.trim().toLowerCase();
  switch (mediaType) {
    case "multipart/form-data":
      return parseMultipart(bytes, contentType);
    case "application/x-www-form-urlencoded":
      return parseForm(decodeUtf8(bytes));
    case "application/json":
      return parseJson(decodeUtf8(bytes), unwrapsText);
    case "": {
      const text = decodeUtf8(bytes);
      return text.trimStart().startsWith("{") ? parseJson(text, false) : parseForm(text);
    }
    default:
      throw unsupportedMedia();
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw brokenBody();
  }
}

function parseJson(text: string, unwrapsText: boolean): Record<string, unknown> {
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw brokenBody();
  }
  if (unwrapsText && typeof value === "string") return parseJson(value, false);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw brokenBody();
  return value as Record<string, unknown>;
}

/** Files are left out: nothing here takes one (avatars are accepted and dropped). */
async function parseMultipart(bytes: Uint8Array, contentType: string): Promise<Record<string, unknown>> {
  // gitbeaker sends a body of nothing but the closing boundary where it has no fields.
  if (!decodeUtf8Leniently(bytes.subarray(0, 4096)).toLowerCase().includes("content-disposition")) return {};
  let form: FormData;
  try {
    form = await new Response(bytes, { headers: { "Content-Type": contentType } }).formData();
  } catch {
    throw brokenBody();
  }
  const pairs: string[] = [];
  for (const [name, value] of form) {
    if (typeof value === "string") pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  }
  return parseForm(pairs.join("&"));
}

function decodeUtf8Leniently(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** `a[b]=c` nests, `a[]=1&a[]=2` is a list, a repeated plain name keeps its last value; as Rack reads forms. */
export function parseForm(text: string): Record<string, unknown> {
  if (text === "") return {};
  return parse(numberElements(text), { arrayLimit: 1000, parameterLimit: 10_000, depth: 5, duplicates: "last" });
}

/**
 * Gives the elements of `a[]` and `a[][k]` their numbers, since the form parser would take `a[][k]=1&a[][l]=2` apart.
 * Rack's rule: a new element of hashes begins when a key repeats.
 */
function numberElements(text: string): string {
  if (!/(\[|%5B)(\]|%5D)/i.test(text)) return text;
  const elements = new Map<string, { index: number; seen: Set<string> }>();
  return text
    .split("&")
    .map((pair) => {
      const equals = pair.indexOf("=");
      const name = (equals === -1 ? pair : pair.slice(0, equals)).replace(/%5B/gi, "[").replace(/%5D/gi, "]");
      const open = name.indexOf("[]");
      if (open === -1) return pair;
      const list = name.slice(0, open);
      const key = name.slice(open + 2);
      const state = elements.get(list) ?? { index: 0, seen: new Set<string>() };
      if (state.seen.has(key) || (key === "" && state.seen.size > 0)) {
        state.index += 1;
        state.seen.clear();
      }
      state.seen.add(key);
      elements.set(list, state);
      return `${list}[${state.index}]${key}${equals === -1 ? "" : pair.slice(equals)}`;
    })
    .join("&");
}
