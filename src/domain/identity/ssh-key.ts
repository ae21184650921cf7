import { createHash } from "node:crypto";

/** Families of keys, as the instance settings `<type>_key_restriction` name them. */
export const keyTypes = ["rsa", "dsa", "ecdsa", "ed25519", "ecdsa_sk", "ed25519_sk"] as const;
export type KeyType = (typeof keyTypes)[number];

/** What a key may be used for. A signing key never authenticates anybody. */
export const keyUsages = ["auth_and_signing", "auth", "signing"] as const;
export type KeyUsage = (typeof keyUsages)[number];

export interface PublicKey {
  /** The name before the blob, e.g. `ssh-ed25519`. */
  algorithm: string;
  /** Padded Base64 without blanks. */
  blob: string;
  comment: string;
  keyType: KeyType;
  bits: number;
}

type Part = (bytes: Uint8Array) => boolean;

/** A positive number as RFC 4251 5 writes it; the first bit would make it negative. */
const positiveInteger: Part = (bytes) => (bytes[0] ?? 0x80) < 0x80 && bitLength(bytes) > 0;
const octets =
  (length: number): Part =>
  (bytes) =>
    bytes.length === length;
const exactly =
  (text: string): Part =>
  (bytes) =>
    asText(bytes) === text;
/** An uncompressed point: 4, then its two coordinates. */
const point =
  (coordinateLength: number): Part =>
  (bytes) =>
    bytes.length === 1 + 2 * coordinateLength && bytes[0] === 4;
/** What a hardware key was made for, `ssh:`. */
const application: Part = (bytes) => bytes.length > 0;

/**
 * The parts of a public key's wire form (RFC 4253 6.6, RFC 5656 3.1, RFC 8709 4, OpenSSH PROTOCOL.u2f) after the name,
 * and which of them tells the size.
 */
const algorithms: Record<string, { keyType: KeyType; parts: readonly Part[]; bits: number | { ofPart: number } }> = {
  "ssh-rsa": { keyType: "rsa", parts: [positiveInteger, positiveInteger], bits: { ofPart: 1 } },
  "ssh-dss": { keyType: "dsa", parts: [positiveInteger, positiveInteger, positiveInteger, positiveInteger], bits: { ofPart: 0 } },
  "ecdsa-sha2-nistp256": { keyType: "ecdsa", parts: [exactly("nistp256"), point(32)], bits: 256 },
  "ecdsa-sha2-nistp384": { keyType: "ecdsa", parts: [exactly("nistp384"), point(48)], bits: 384 },
  "ecdsa-sha2-nistp521": { keyType: "ecdsa", parts: [exactly("nistp521"), point(66)], bits: 521 },
  "ssh-ed25519": { keyType: "ed25519", parts: [octets(32)], bits: 256 },
  "sk-ecdsa-sha2-nistp256@openssh.com": { keyType: "ecdsa_sk", parts: [exactly("nistp256"), point(32), application], bits: 256 },
  "sk-ssh-ed25519@openssh.com": { keyType: "ed25519_sk", parts: [octets(32), application], bits: 256 },
};

/** Longest line of a key, in characters; it also bounds the search for the end of a blob. */
export const longestKey = 5000;

/**
 * Reads a public key as people paste it: it begins with the name of its algorithm, blanks and line breaks inside the
 * blob are closed up, what follows the blob is the comment. The blob is complete where its wire form ends exactly.
 *
 * `unsupported`: no supported algorithm name with a blob behind it. Options before the name are not dropped: a key
 * that somebody restricts with `from="…"` must not be taken without the restriction. `undecodable`: the name is there,
 * the blob is not a key of it.
 */
export function parsePublicKey(text: string): PublicKey | "unsupported" | "undecodable" {
  if (text.length > longestKey) return "unsupported";
  const [algorithm = "", ...words] = text.trim().split(/\s+/);
  if (!Object.hasOwn(algorithms, algorithm) || words.length === 0) return "unsupported";
  let blob = "";
  for (const [index, word] of words.entries()) {
    blob += word;
    const key = decodeBlob(algorithm, blob);
    if (key !== null) return { algorithm, comment: words.slice(index + 1).join(" "), ...key };
  }
  return "undecodable";
}

function decodeBlob(algorithm: string, base64: string): Pick<PublicKey, "blob" | "keyType" | "bits"> | null {
  const shape = algorithms[algorithm];
  const bytes = decodeBase64(base64);
  if (shape === undefined || bytes === null) return null;
  const [name, ...parts] = readStrings(bytes) ?? [];
  if (asText(name) !== algorithm || parts.length !== shape.parts.length) return null;
  if (!shape.parts.every((isLegal, index) => isLegal(parts[index] ?? new Uint8Array()))) return null;
  const bits = typeof shape.bits === "number" ? shape.bits : bitLength(parts[shape.bits.ofPart]);
  return { blob: toBase64(bytes), keyType: shape.keyType, bits };
}

/** Length-prefixed strings that fill the bytes exactly; null where they do not. */
function readStrings(bytes: Uint8Array): Uint8Array[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const strings: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return null;
    const end = at + 4 + view.getUint32(at);
    if (end > bytes.length) return null;
    strings.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return strings;
}

function bitLength(integer: Uint8Array | undefined): number {
  if (integer === undefined) return 0;
  const first = integer.findIndex((byte) => byte !== 0);
  if (first === -1) return 0;
  return (integer.length - first) * 8 - Math.clz32(integer[first] ?? 0) + 24;
}

function asText(bytes: Uint8Array | undefined): string {
  return new TextDecoder("latin1").decode(bytes ?? new Uint8Array());
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

/** Standard Base64, padding optional; null for anything else, a lone last character included. */
function decodeBase64(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.replace(/=+$/, "").length % 4 === 1) return null;
  return Buffer.from(text, "base64");
}

export interface Fingerprints {
  /** Unpadded Base64, without the `SHA256:` prefix. */
  sha256: string;
  /** Hex pairs with colons. */
  md5: string;
}

/** Of the decoded blob alone: another comment does not make another key. */
export function fingerprintsOf(blob: string): Fingerprints {
  const bytes = Buffer.from(blob, "base64");
  return {
    sha256: createHash("sha256").update(bytes).digest("base64").replace(/=+$/, ""),
    md5: createHash("md5")
      .update(bytes)
      .digest("hex")
      .replace(/(..)(?!$)/g, "$1:"),
  };
}

/**
 * The fingerprint that a client's `key` parameter asks for (contract accounts 4): the Base64 blob with or without padding,
 * a whole key line, or a blob whose `+` an unencoded query turned into blanks. Other foreign characters are skipped.
 */
export function fingerprintOfPresentedKey(key: string): string {
  const line = parsePublicKey(key);
  return fingerprintsOf(typeof line === "object" ? line.blob : key.trim().replaceAll(" ", "+")).sha256;
}

/**
 * A key as one line of an authorized_keys file: instead of the owner's comment their name, in which a line break would
 * begin a second entry, and the host.
 */
export function authorizedKeyLine(key: Pick<PublicKey, "algorithm" | "blob">, ownerName: string, host: string): string {
  return `${key.algorithm} ${key.blob} ${ownerName.replace(/[\p{Cc}\u2028\u2029]+/gu, " ")} (${host})`;
}
