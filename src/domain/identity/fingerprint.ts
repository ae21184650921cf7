/** A fingerprint as keys are stored by: SHA-256 in unpadded Base64, or MD5 in lower-case hex pairs with colons. */
export type Fingerprint = { sha256: string } | { md5: string };

/**
 * A fingerprint as ssh-keygen prints it: `SHA256:…`, or hex pairs with or without `MD5:`. A `+` that an unencoded query
 * turned into a blank is one again. Null for anything else.
 */
export function parseFingerprint(text: string): Fingerprint | null {
  const sha256 = /^SHA256:([A-Za-z0-9+/]{43})=?$/i.exec(text.replaceAll(" ", "+"))?.[1];
  if (sha256 !== undefined) return { sha256 };
  const md5 = /^(?:MD5:)?([\da-f]{2}(?::[\da-f]{2}){15})$/i.exec(text.trim())?.[1];
  return md5 === undefined ? null : { md5: md5.toLowerCase() };
}
