/** What a push did to a ref. */
export const pushActions = ["created", "removed", "pushed"] as const;
export type PushAction = (typeof pushActions)[number];

export const refTypes = ["branch", "tag"] as const;
export type RefType = (typeof refTypes)[number];
