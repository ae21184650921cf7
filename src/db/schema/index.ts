/** All tables, for drizzle-kit and for queries. */
export * from "./agents.ts";
export * from "./broadcast-messages.ts";
export * from "./decisions.ts";
export * from "./hooks.ts";
export * from "./keys.ts";
export * from "./labels.ts";
export * from "./merge-requests.ts";
export * from "./namespaces.ts";
export * from "./projects.ts";
export * from "./protected-refs.ts";
export * from "./push-events.ts";
export * from "./pushes.ts";
export * from "./repositories.ts";
export * from "./settings.ts";
export * from "./tokens.ts";
export * from "./users.ts";
