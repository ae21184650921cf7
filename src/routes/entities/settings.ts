import * as v from "valibot";
import type { SettingsRow } from "../../db/settings.ts";
import { protectionDefaultsOf } from "../../domain/access/protection-defaults.ts";
import { fieldsOf } from "../attributes.ts";
import { settingAttributes } from "../setting-attributes.ts";
import { BranchProtection } from "./branch-protection.ts";

/** The settings as they are stored. */
const Kept = v.object({ ...fieldsOf(settingAttributes), default_branch_protection_defaults: v.optional(BranchProtection) });

/** All settings of the instance, whether they were ever set or not. */
export const Settings = v.object({
  id: v.literal(1),
  created_at: v.string(),
  updated_at: v.string(),
  ...Kept.entries,
  default_branch_protection_defaults: BranchProtection,
});

export function renderSettings(row: SettingsRow): v.InferOutput<typeof Settings> {
  const kept = v.parse(Kept, row.values);
  return {
    id: 1,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    ...kept,
    default_branch_protection_defaults: kept.default_branch_protection_defaults ?? protectionDefaultsOf(kept.default_branch_protection),
  };
}
