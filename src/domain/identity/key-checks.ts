import type { FieldErrors } from "../fault.ts";
import type { InstanceSettings } from "../settings.ts";
import { isCompromised } from "./compromised-keys.ts";
import { restrictionOf, restrictionText } from "./key-restrictions.ts";
import { collectErrors, lengthError } from "./name.ts";
import { fingerprintsOf, longestKey, parsePublicKey, type PublicKey } from "./ssh-key.ts";

const longestTitle = 255;

/** A key that may be registered, as it is stored. */
export interface CheckedKey extends PublicKey {
  fingerprintSha256: string;
  fingerprintMd5: string;
}

/**
 * Whether a key of a user or a deploy key may be registered, by everything but its uniqueness, which the database
 * knows (`keyTaken`). Errors are those of contract provisioning 6.2.
 */
export function checkKey(
  text: string,
  title: string,
  expiresAt: Date | null,
  settings: InstanceSettings,
  now: Date,
): { key: CheckedKey } | { errors: FieldErrors } {
  const titleErrors = errorsOfTitle(title);
  const expiryErrors = expiresAt !== null && expiresAt <= now ? ["has expired"] : [];
  const read = readKey(text);
  if ("errors" in read) {
    return { errors: { ...read.errors, key: [...(read.errors["key"] ?? []), ...expiryErrors], ...titleErrors } };
  }
  const keyErrors = [...errorsOfKey(read.key, settings), ...expiryErrors];
  if (keyErrors.length === 0 && Object.keys(titleErrors).length === 0) return read;
  return { errors: { ...(keyErrors.length === 0 ? {} : { key: keyErrors }), ...titleErrors } };
}

/** The key of a text, or why there is none in it. */
export function readKey(text: string): { key: CheckedKey } | { errors: FieldErrors } {
  const tooLong = lengthError(text, longestKey);
  if (tooLong !== null) return { errors: { key: [tooLong] } };
  const parsed = parsePublicKey(text);
  if (typeof parsed === "string") {
    const key = parsed === "unsupported" ? "is invalid" : "is not a valid SSH key";
    return { errors: { key: [key], fingerprint_sha256: ["cannot be generated"], fingerprint: ["cannot be generated"] } };
  }
  const { sha256, md5 } = fingerprintsOf(parsed.blob);
  return { key: { ...parsed, fingerprintSha256: sha256, fingerprintMd5: md5 } };
}

/** Errors of a key that somebody on this instance registered before, whoever it is. */
export const keyTaken: FieldErrors = {
  fingerprint_sha256: ["has already been taken"],
  fingerprint: ["has already been taken"],
};

/** Errors of the title of a key of a user, or of a deploy key. */
export function errorsOfTitle(title: string): FieldErrors {
  return collectErrors({ title: title.trim() === "" ? "can't be blank" : lengthError(title, longestTitle) });
}

const compromisedText = "cannot be used because it belongs to a compromised private key. Stop using this key and generate a new one.";

function errorsOfKey(key: CheckedKey, settings: InstanceSettings): string[] {
  const restriction = restrictionOf(key, settings);
  return [
    ...(isCompromised(key.fingerprintSha256) ? [compromisedText] : []),
    ...(restriction === null ? [] : [restrictionText(restriction)]),
  ];
}
