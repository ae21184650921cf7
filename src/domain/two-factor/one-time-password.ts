import { createHmac, timingSafeEqual } from "node:crypto";
import type { Seed } from "./seed.ts";

const stepMilliseconds = 30_000;
const digits = 6;
/** How many steps a clock may be behind or ahead. */
const drift = 1;

/** The number of the 30 seconds, since 1970, that a point in time is in. */
export function stepAt(now: Date): number {
  return Math.floor(now.getTime() / stepMilliseconds);
}

/**
 * The step whose password this is, be it the last, the current or the next one; null where it is none of theirs, or not
 * later than the last that was accepted. RFC 6238 with SHA-1, six digits, 30 seconds (contract accounts 8.2). A password
 * that two steps have in common is the later one's, so that it is not accepted for each of them.
 */
export async function matchStep(seed: Seed, password: string, now: Date, lastUsedStep: number | null): Promise<number | null> {
  const current = stepAt(now);
  const passwordOf = await passwordsOf(seed);
  for (let step = current + drift; step >= current - drift; step -= 1) {
    if (isSame(passwordOf(step), password)) return lastUsedStep === null || step > lastUsedStep ? step : null;
  }
  return null;
}

/** The passwords of a seed by step. The library is loaded by the first who needs it, so that all others start without it. */
export async function passwordsOf(seed: Seed): Promise<(step: number) => string> {
  const { HOTP, Secret } = await import("otpauth/bare");
  const secret = Secret.fromBase32(seed);
  return (step) => HOTP.generate({ secret, algorithm: "SHA1", digits, counter: step, hmac: hmacSha1 });
}

function hmacSha1(_: string, key: Uint8Array, message: Uint8Array): Uint8Array {
  return createHmac("sha1", key).update(message).digest();
}

/** In a time that does not tell how much of a guess is right. */
function isSame(password: string, attempt: string): boolean {
  const [left, right] = [Buffer.from(password), Buffer.from(attempt)];
  return left.length === right.length && timingSafeEqual(left, right);
}
