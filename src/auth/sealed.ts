import { CompactEncrypt, compactDecrypt } from "jose";

/** 32 bytes each: what is sealed today, and what was sealed before the key was changed. */
export interface EncryptionKeys {
  current: Uint8Array<ArrayBuffer>;
  old: Uint8Array<ArrayBuffer> | null;
}

interface SealingKey {
  id: string;
  key: CryptoKey;
}

/** A value as text that only a holder of the key can read, or change: a JWE (`dir`, A256GCM) that names its key. */
export async function seal(keys: EncryptionKeys, value: unknown): Promise<string> {
  const { id, key } = await importKey(keys.current);
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(value)))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: id })
    .encrypt(key);
}

/** What was sealed; undefined where the key is not at hand, or the text is not what was written. */
export async function unseal(keys: EncryptionKeys, sealed: string): Promise<unknown> {
  const known = await Promise.all([keys.current, ...(keys.old === null ? [] : [keys.old])].map(importKey));
  try {
    const { plaintext } = await compactDecrypt(
      sealed,
      ({ kid }) => {
        const named = known.find(({ id }) => id === kid);
        if (named === undefined) throw new Error("The text was sealed with another key.");
        return named.key;
      },
      { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] },
    );
    const value: unknown = JSON.parse(new TextDecoder().decode(plaintext));
    return value;
  } catch {
    return undefined;
  }
}

/** How each text begins that today's key sealed, and none that another did: its header, which names the key. */
export async function startOfSealed(keys: EncryptionKeys): Promise<string> {
  const sealed = await seal(keys, null);
  return sealed.slice(0, sealed.indexOf(".") + 1);
}

const imported = new WeakMap<Uint8Array, Promise<SealingKey>>();

/** Imported once an isolate. The key's name is a digest of it: it tells keys apart, and nothing of them. */
function importKey(bytes: Uint8Array<ArrayBuffer>): Promise<SealingKey> {
  let key = imported.get(bytes);
  if (key === undefined) {
    key = readKey(bytes);
    imported.set(bytes, key);
  }
  return key;
}

async function readKey(bytes: Uint8Array<ArrayBuffer>): Promise<SealingKey> {
  const [digest, key] = await Promise.all([
    crypto.subtle.digest("SHA-256", Buffer.concat([Buffer.from("gatehouse:sealed:"), bytes])),
    crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]),
  ]);
  return { id: Buffer.from(digest).subarray(0, 12).toString("base64url"), key };
}
