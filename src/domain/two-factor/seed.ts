/**
 * The seed of one-time passwords, as Base32 text (RFC 4648) without blanks and padding, in capitals: what authenticator
 * apps are given.
 */
export type Seed = string;

/** Letters are tested before they become capitals: `ı` and `ſ` would become some of the alphabet. */
const base32 = /^[A-Za-z2-7]{16,128}$/;

/** 160 bits, as RFC 4226 advises. */
const seedBytes = 20;

/** The seed that a text is: 16 to 128 characters, besides blanks and padding; null for anything else (contract provisioning 12). */
export function parseSeed(text: string): Seed | null {
  const bare = text.replace(/[\s=]+/g, "");
  return base32.test(bare) ? bare.toUpperCase() : null;
}

/** A new seed, which nobody can guess. */
export async function makeSeed(): Promise<Seed> {
  const { Secret } = await import("otpauth/bare");
  return new Secret({ size: seedBytes }).base32;
}

/** What an authenticator app reads from a QR code; the issuer is the instance's host name (contract provisioning 12). */
export function provisioningUri(seed: Seed, issuer: string, email: string): string {
  const name = encodeURIComponent(issuer);
  const account = encodeURIComponent(email.toWellFormed()).replaceAll("%40", "@");
  return `otpauth://totp/${name}:${account}?secret=${seed}&issuer=${name}`;
}
