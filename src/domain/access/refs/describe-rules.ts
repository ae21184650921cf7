import type { RefRule, RuleLevel } from "../facts.ts";

/** Rules that an administrator is shown of those that match; there may be very many. */
const rulesShown = 20;

/** The rules that speak of a ref, and how many there are. */
export function describeRules(rules: readonly RefRule[], action: RuleLevel["action"]) {
  return { rules_total: rules.length, rules: rules.slice(0, rulesShown).map((rule) => describeRule(rule, action)) };
}

function describeRule(rule: RefRule, action: RuleLevel["action"]): object {
  return {
    id: rule.id,
    name: rule.name,
    inherited: rule.isInherited,
    allow_force_push: rule.allowsForcePush,
    levels: rule.levels
      .filter((level) => level.action === action)
      .map(({ accessLevel, userId, groupId, deployKeyId }) => {
        if (userId !== null) return { user_id: userId };
        if (groupId !== null) return { group_id: groupId };
        return deployKeyId === null ? { access_level: accessLevel } : { deploy_key_id: deployKeyId };
      }),
  };
}
