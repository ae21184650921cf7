import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { activityKinds } from "../../domain/agents/activity.ts";
import { authorizedAccesses, userAccessKinds } from "../../domain/agents/configuration.ts";
import { attributes, createdAt, exactlyOne, instant, oneOf, updatedAt } from "./columns.ts";
import { namespaces } from "./namespaces.ts";
import { projects } from "./projects.ts";
import { users } from "./users.ts";

export const agentTokenStatuses = ["active", "revoked"] as const;

/** Kubernetes agents, registered with the project that holds their configuration. */
export const clusterAgents = sqliteTable(
  "cluster_agents",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    projectId: integer("project_id")
      .notNull()
      .references(() => projects.id),
    name: text("name").notNull(),
    createdByUserId: integer("created_by_user_id").references(() => users.id),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    /** As whom users reach the cluster, by the configuration that kas last sent; null: it has no `user_access`. */
    userAccess: text("user_access", { enum: userAccessKinds }),
    /** When kas last sent the configuration. */
    configuredAt: instant("configured_at"),
  },
  (t) => [
    uniqueIndex("cluster_agents_project_name").on(t.projectId, t.name),
    index("cluster_agents_created_by").on(t.createdByUserId),
    check("cluster_agents_name", sql`length(${t.name}) between 1 and 63`),
  ],
);

/** Tokens of agents. The clear text left once, at creation. */
export const clusterAgentTokens = sqliteTable(
  "cluster_agent_tokens",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    agentId: integer("agent_id")
      .notNull()
      .references(() => clusterAgents.id),
    name: text("name").notNull(),
    description: text("description"),
    /** SHA-256 of the token, 64 hex digits. */
    digest: text("digest").notNull(),
    status: text("status", { enum: agentTokenStatuses }).notNull().default("active"),
    /** Up to 55 minutes behind (domain/agents/token-use.ts). */
    lastUsedAt: instant("last_used_at"),
    createdByUserId: integer("created_by_user_id").references(() => users.id),
    createdAt: createdAt(),
  },
  (t) => [
    uniqueIndex("cluster_agent_tokens_digest").on(t.digest),
    index("cluster_agent_tokens_agent").on(t.agentId),
    index("cluster_agent_tokens_created_by").on(t.createdByUserId),
    check("cluster_agent_tokens_status", oneOf("status", agentTokenStatuses)),
  ],
);

/** Whom the configuration of an agent lets in: a project or a group, for its pipelines (`ci`) or its members (`user`). */
export const agentAuthorizations = sqliteTable(
  "agent_authorizations",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    agentId: integer("agent_id")
      .notNull()
      .references(() => clusterAgents.id, { onDelete: "cascade" }),
    access: text("access", { enum: authorizedAccesses }).notNull(),
    projectId: integer("project_id").references(() => projects.id, { onDelete: "cascade" }),
    namespaceId: integer("namespace_id").references(() => namespaces.id, { onDelete: "cascade" }),
    /** What the configuration says besides of it: `default_namespace` and the like. */
    config: attributes("config"),
  },
  (t) => [
    uniqueIndex("agent_authorizations_project").on(t.agentId, t.access, t.projectId),
    uniqueIndex("agent_authorizations_namespace").on(t.agentId, t.access, t.namespaceId),
    index("agent_authorizations_of_project").on(t.projectId),
    index("agent_authorizations_of_namespace").on(t.namespaceId),
    check("agent_authorizations_access", oneOf("access", authorizedAccesses)),
    check("agent_authorizations_holder", exactlyOne("project_id", "namespace_id")),
  ],
);

/** What happened to an agent, forgotten after a week. */
export const agentActivityEvents = sqliteTable(
  "agent_activity_events",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    agentId: integer("agent_id")
      .notNull()
      .references(() => clusterAgents.id, { onDelete: "cascade" }),
    kind: text("kind", { enum: activityKinds }).notNull(),
    tokenId: integer("token_id").references(() => clusterAgentTokens.id, { onDelete: "cascade" }),
    /** Who did it; null: the agent itself, or somebody who is gone. */
    userId: integer("user_id").references(() => users.id, { onDelete: "set null" }),
    recordedAt: instant("recorded_at").notNull(),
  },
  (t) => [
    index("agent_activity_events_agent").on(t.agentId, t.id),
    index("agent_activity_events_token").on(t.tokenId),
    index("agent_activity_events_user").on(t.userId),
    index("agent_activity_events_recorded_at").on(t.recordedAt),
    check("agent_activity_events_kind", oneOf("kind", activityKinds)),
  ],
);

/** What kas last told of an agent's software. */
export const agentRegistrations = sqliteTable("agent_registrations", {
  agentId: integer("agent_id")
    .primaryKey()
    .references(() => clusterAgents.id, { onDelete: "cascade" }),
  agentVersion: text("agent_version"),
  architecture: text("architecture"),
  kubernetesVersion: text("kubernetes_version"),
  installationMethod: text("installation_method"),
  helmChartVersion: text("helm_chart_version"),
  registeredAt: instant("registered_at").notNull(),
});
