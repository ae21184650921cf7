import * as v from "valibot";
import { protectionLevelOf, type ProtectionDefaults } from "../domain/access/protection-defaults.ts";
import { AccessLevel } from "../domain/identity/access-level.ts";
import { boolean, list, oneOfNumbers, optional } from "../http/fields.ts";

const levels = () => optional(list(v.object({ access_level: oneOfNumbers([AccessLevel.developer, AccessLevel.maintainer]) })));

/** The two parameters for how default branches of new projects are protected: a number, and today's form of it. */
export const protectionFields = {
  default_branch_protection: optional(oneOfNumbers([0, 1, 2, 3, 4])),
  default_branch_protection_defaults: optional(
    v.pipe(
      v.unknown(),
      // An array would pass for an object that names nothing.
      v.check((given) => !Array.isArray(given)),
      v.object({
        allowed_to_push: levels(),
        allow_force_push: optional(boolean()),
        allowed_to_merge: levels(),
        developer_can_initial_push: optional(boolean()),
      }),
      v.transform((given): ProtectionDefaults => ({
        allowed_to_push: given.allowed_to_push ?? [{ access_level: AccessLevel.maintainer }],
        allow_force_push: given.allow_force_push ?? false,
        allowed_to_merge: given.allowed_to_merge ?? [{ access_level: AccessLevel.maintainer }],
        developer_can_initial_push: given.developer_can_initial_push ?? false,
      })),
    ),
  ),
};

/**
 * What the parameters mean, where one of them is given: today's form wins over the number, and the number alone puts away
 * a form that was sent before (`defaults: null`), which would contradict it.
 */
export function protectionOf(params: {
  default_branch_protection?: number | undefined;
  default_branch_protection_defaults?: ProtectionDefaults | undefined;
}): { level: number; defaults: ProtectionDefaults | null } | null {
  const { default_branch_protection: level, default_branch_protection_defaults: defaults } = params;
  if (defaults !== undefined) return { level: protectionLevelOf(defaults), defaults };
  return level === undefined ? null : { level, defaults: null };
}
