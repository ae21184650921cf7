import { featureLevels } from "../../domain/identity/visibility.ts";
import { choice, count, flag, openFlag } from "../attributes.ts";

/** What a group keeps and echoes (contract provisioning 7.1). */
export const groupAttributes = {
  require_two_factor_authentication: flag(false),
  two_factor_grace_period: count(48),
  auto_devops_enabled: openFlag(),
  emails_enabled: flag(true),
  mentions_disabled: openFlag(),
  request_access_enabled: flag(true),
  shared_runners_setting: choice(
    ["enabled", "disabled_and_overridable", "disabled_and_unoverridable", "disabled_with_override"],
    "enabled",
  ),
  membership_lock: flag(false),
  prevent_sharing_groups_outside_hierarchy: flag(false),
  wiki_access_level: choice(featureLevels, "enabled"),
};
