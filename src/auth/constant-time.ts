import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Compares two secrets in a time that tells nothing about where they differ, nor about their lengths: their digests
 * are compared. Blank text never equals anything, so that an unset secret lets nobody in.
 */
export function secretsEqual(left: string, right: string): boolean {
  if (left === "" || right === "") return false;
  return timingSafeEqual(digestOf(left), digestOf(right));
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
