import type { InstanceSettings } from "../settings.ts";
import { keyTypes, type KeyType } from "./ssh-key.ts";

/** What an instance's settings hold against a key: its type, or its size. */
export type KeyRestriction = { kind: "type"; allowed: KeyType[] } | { kind: "bits"; minimum: number };

/** Null where the key is as the settings want it (contract accounts 11). −1 forbids a type, 0 allows any size. */
export function restrictionOf(key: { keyType: KeyType; bits: number }, settings: InstanceSettings): KeyRestriction | null {
  const minimum = settings[`${key.keyType}_key_restriction`];
  if (minimum === -1) {
    return { kind: "type", allowed: keyTypes.filter((type) => settings[`${type}_key_restriction`] !== -1) };
  }
  return key.bits < minimum ? { kind: "bits", minimum } : null;
}

/** Continues "Your SSH key …" and the field error of `key`. */
export function restrictionText(restriction: KeyRestriction): string {
  if (restriction.kind === "bits") return `must be at least ${restriction.minimum} bits`;
  return `type is forbidden. Must be ${toChoice(restriction.allowed.map((type) => type.toUpperCase()))}`;
}

/** `A`, `A or B`, `A, B, or C`. */
function toChoice(words: string[]): string {
  if (words.length <= 2) return words.join(" or ");
  return `${words.slice(0, -1).join(", ")}, or ${words.at(-1)}`;
}
