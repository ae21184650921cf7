/** Whose pushes a web hook hears of: one project's, those of a group's projects, everybody's. */
export const hookKinds = ["project", "group", "system"] as const;
export type HookKind = (typeof hookKinds)[number];

/** How `push_events_branch_filter` is read. */
export const branchFilterStrategies = ["wildcard", "regex", "all_branches"] as const;
export type BranchFilterStrategy = (typeof branchFilterStrategies)[number];

/** What tells of pushes. */
export const pushTriggers = ["push_hooks", "tag_push_hooks", "repository_update_hooks"] as const;
export type PushTrigger = (typeof pushTriggers)[number];
/** What tells of new alerts. */
export const alertTriggers = ["alert_hooks"] as const;
/** What a delivery tells of. Values of the delivery log's `trigger`. */
export const hookTriggers = [...pushTriggers, ...alertTriggers] as const;
export type HookTrigger = (typeof hookTriggers)[number];

/** `pending`: to be sent, or sent again. `dropped`: given up without a request, for its hook is gone or switched off. */
export const deliveryStates = ["pending", "delivered", "failed", "dropped"] as const;
