import { eq, getTableColumns, sql } from "drizzle-orm";
import { AccessLevel } from "../domain/identity/access-level.ts";
import { runBatch } from "./batch.ts";
import type { Db } from "./client.ts";
import { deleteNamespaces } from "./deletion.ts";
import { users } from "./schema/index.ts";
import type { UserRow } from "./users.ts";
import { valuesIn } from "./value-list.ts";

export interface DeletableUser {
  user: UserRow;
  namespaceId: number;
  /** Groups that nobody else owns, neither there nor above. */
  soleOwnedGroupIds: number[];
}

/** A user and what decides whether they may go; `today` is the day that memberships expire by. */
export async function findDeletableUser(db: Db, id: number, today: string): Promise<DeletableUser | null> {
  const isOwner = (alias: string) => {
    const m = sql.raw(alias);
    return sql`${m}.access_level = ${AccessLevel.owner} and not ${m}.is_awaiting and (${m}.expires_at is null or ${m}.expires_at > ${today})`;
  };
  const [row] = await db.query
    .select({
      ...getTableColumns(users),
      namespaceId: sql<number>`(select n.id from namespaces n where n.owner_id = users.id)`.as("personal_namespace_id"),
      soleOwnedGroupIds: sql<string>`(
        select json_group_array(m.namespace_id) from members m
        where m.user_id = users.id and m.namespace_id is not null and ${isOwner("m")}
          and not exists (
            select 1 from namespace_ancestors a join members o on o.namespace_id = a.ancestor_id
            where a.namespace_id = m.namespace_id and o.user_id <> m.user_id and ${isOwner("o")}))`.as("sole_owned_group_ids"),
    })
    .from(users)
    .where(eq(users.id, id))
    .limit(1);
  if (row === undefined) return null;
  const { namespaceId, soleOwnedGroupIds, ...user } = row;
  return { user, namespaceId, soleOwnedGroupIds: JSON.parse(soleOwnedGroupIds) as number[] };
}

/**
 * Deletes a user with their keys, tokens, second factor, identities, memberships and messages, their own snippets, the rules that name
 * them, and the given namespaces: the personal one, and groups that shall go too. What they made for others stays,
 * without a maker: deploy keys, agents, projects (contract provisioning 5.2).
 */
export async function deleteUser(db: Db, id: number, namespaceIds: readonly number[]): Promise<void> {
  await runBatch(db, [
    ...deleteNamespaces(db, valuesIn(namespaceIds)),
    db.query.run(sql`delete from keys where user_id = ${id} and kind = 'user'`),
    db.query.run(sql`delete from snippets where author_id = ${id} and project_id is null`),
    ...ownedByUsers.map((table) => db.query.run(sql`delete from ${sql.identifier(table)} where user_id = ${id}`)),
    ...madeByUsers.map(([table, column]) =>
      db.query.run(sql`update ${sql.identifier(table)} set ${sql.identifier(column)} = null where ${sql.identifier(column)} = ${id}`),
    ),
    db.query.run(sql`delete from users where id = ${id}`),
  ]);
}

const ownedByUsers = [
  "credit_card_validations",
  "personal_access_tokens",
  "two_factor_recovery_codes",
  "two_factors",
  "otp_sessions",
  "identities",
  "members",
  "stored_messages",
  "lfs_locks",
  "merge_request_assignees",
  "protected_ref_access_levels",
] as const;

const madeByUsers = [
  ["keys", "user_id"],
  ["snippets", "author_id"],
  ["members", "created_by_id"],
  ["projects", "creator_id"],
  ["merge_requests", "author_id"],
  ["merge_requests", "auto_merge_user_id"],
  ["push_events", "author_id"],
  ["cluster_agents", "created_by_user_id"],
  ["cluster_agent_tokens", "created_by_user_id"],
  ["agent_activity_events", "user_id"],
  ["vulnerabilities", "author_id"],
  ["users", "created_by_id"],
] as const;
