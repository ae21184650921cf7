import { hkdfSync } from "node:crypto";
import type { EncryptionKeys } from "./sealed.ts";

/** What instance keys are for; none can be told from another. */
export type KeyPurpose = "lfs-tokens" | "access-tokens";

/**
 * Keys of this instance for one purpose, as text of 32 URL-safe characters (192 bits): today's, and the one before while
 * the encryption key, from which they are derived, is being replaced.
 */
export function instanceKeys(keys: EncryptionKeys, purpose: KeyPurpose): [current: string, ...old: string[]] {
  return [deriveKey(keys.current, purpose), ...(keys.old === null ? [] : [deriveKey(keys.old, purpose)])];
}

function deriveKey(secret: Uint8Array, purpose: KeyPurpose): string {
  return Buffer.from(hkdfSync("sha256", secret, "", `gatehouse:${purpose}`, 24)).toString("base64url");
}
