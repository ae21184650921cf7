import type { FieldErrors } from "../fault.ts";
import type { InstanceSettings } from "../settings.ts";
import { checkKey } from "./key-checks.ts";

/** An authority whose SSH certificates a group trusts, as it is stored. */
export interface CertificateAuthority {
  title: string;
  /** One line: algorithm, blob, comment. */
  key: string;
  fingerprintSha256: string;
}

/**
 * Whether a key may be an authority, by all that holds for users' keys but its uniqueness, which the database knows
 * (contract provisioning 7.2). Of a key that may not be one nothing more is said than that.
 */
export function checkAuthority(
  { title, key: line }: { title: string; key: string },
  settings: InstanceSettings,
  now: Date,
): { authority: CertificateAuthority } | { errors: "invalid_key" | FieldErrors } {
  const checked = checkKey(line, title, null, settings, now);
  if ("errors" in checked) {
    const { title: titleErrors, ...keyErrors } = checked.errors;
    const isKeyGood = titleErrors !== undefined && Object.keys(keyErrors).length === 0;
    return { errors: isKeyGood ? { title: titleErrors } : "invalid_key" };
  }
  const { algorithm, blob, comment, fingerprintSha256 } = checked.key;
  const key = [algorithm, blob, comment.replace(/\p{Cc}+/gu, " ")].join(" ").trimEnd();
  return { authority: { title, key, fingerprintSha256 } };
}

/**
 * The fingerprint by which an authority is asked for, as it is stored: unpadded Base64. Padding and `SHA256:` do no harm,
 * and a `+` that an unencoded query turned into a blank is one again. Null for anything else, which no key has.
 */
export function parseAuthorityFingerprint(text: string): string | null {
  return /^(?:SHA256:)?([A-Za-z0-9+/]{43})=?$/i.exec(text.replaceAll(" ", "+"))?.[1] ?? null;
}
