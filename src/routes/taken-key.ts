import type { Db } from "../db/client.ts";
import { isUniqueViolation } from "../db/constraint.ts";
import { isKeyTaken } from "../db/keys.ts";
import type { FieldErrors } from "../domain/fault.ts";
import { keyTaken, readKey } from "../domain/identity/key-checks.ts";
import { deletedMeanwhile } from "./deleted-meanwhile.ts";

/** Everything that is wrong with a key line at once: its errors, and that somebody has the key already. */
export async function withTaken(db: Db, line: string, errors: FieldErrors): Promise<FieldErrors> {
  const read = readKey(line);
  const isTaken = "key" in read && (await isKeyTaken(db, read.key.fingerprintSha256));
  return { ...errors, ...(isTaken ? keyTaken : {}) };
}

/**
 * What the registration of a key gives; null where somebody has registered the key before, or does at this moment. 409
 * where its owner or project was deleted meanwhile.
 */
export async function unlessTaken<Registered>(registering: Promise<Registered>): Promise<Registered | null> {
  try {
    return await registering;
  } catch (error) {
    if (isUniqueViolation(error, "keys.fingerprint_sha256")) return null;
    throw deletedMeanwhile(error);
  }
}
