import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { createdAt, instant, oneOf, updatedAt } from "./columns.ts";
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
