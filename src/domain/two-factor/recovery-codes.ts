import { randomBytes, scrypt } from "node:crypto";

/** A set of recovery codes, and what is stored of it. */
export interface RecoveryCodes {
  /** Clear text, which leaves once: ten codes of 16 hex digits. */
  codes: string[];
  /** The salt of the digests, 32 hex digits. */
  salt: string;
  digests: string[];
}

const codesInSet = 10;
const codeBytes = 8;
const saltBytes = 16;
const digestBytes = 32;
/** 16 MiB and some 50 ms for each guess, to whoever has got hold of the digests. */
const cost = { N: 16_384, r: 8, p: 1 };

/** A new set of codes (contract accounts 7), hashed one after the other: each takes its 16 MiB while it is. */
export async function makeRecoveryCodes(): Promise<RecoveryCodes> {
  const salt = randomBytes(saltBytes).toString("hex");
  const codes = Array.from({ length: codesInSet }, () => randomBytes(codeBytes).toString("hex"));
  const digests: string[] = [];
  // oxlint-disable-next-line no-await-in-loop -- one in memory at a time
  for (const code of codes) digests.push(await digestOfRecoveryCode(code, salt));
  return { codes, salt, digests };
}

/** What is stored of a code, 64 hex digits: scrypt with the salt of its user. */
export function digestOfRecoveryCode(code: string, salt: string): Promise<string> {
  return new Promise((resolve, reject) => {
    scrypt(code, Buffer.from(salt, "hex"), digestBytes, cost, (error, digest) => {
      if (error === null) resolve(digest.toString("hex"));
      else reject(error);
    });
  });
}
