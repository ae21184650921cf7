/** For whom an agent's configuration opens its cluster: pipelines (`ci_access`), or people (`user_access`). */
export const authorizedAccesses = ["ci", "user"] as const;
export type AuthorizedAccess = (typeof authorizedAccesses)[number];

/** `access_as` under `user_access`: the agent's own account or the user's; nothing of the kind; or more than one. */
export const userAccessKinds = ["agent", "user", "unstated", "several"] as const;
export type UserAccessKind = (typeof userAccessKinds)[number];
