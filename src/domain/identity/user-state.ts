/** What an administrator can make of an account. */
export const userStates = ["active", "blocked", "ldap_blocked", "blocked_pending_approval", "banned", "deactivated"] as const;
export type UserState = (typeof userStates)[number];

/** What kind of account it is. All but the first five are the instance's own and may not use Git. */
export const userTypes = ["human", "project_bot", "service_user", "service_account", "security_bot", "ghost", "internal_bot"] as const;
export type UserType = (typeof userTypes)[number];
