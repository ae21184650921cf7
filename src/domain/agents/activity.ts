/** What is told of an agent's life. */
export const activityKinds = ["token_created", "token_revoked", "agent_connected"] as const;
export type ActivityKind = (typeof activityKinds)[number];
