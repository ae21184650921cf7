import { sql, type SQL } from "drizzle-orm";
import type { ActorReference } from "../../domain/identity/actor.ts";

/** Values for the placeholders of `actorUserId` and `actorKey`. */
export function actorValues(actor: ActorReference): Record<string, unknown> {
  return { keyId: actor.keyId, keyAs: actor.keyAs, userId: actor.userId, username: actor.username };
}

const keyId = sql.placeholder("keyId");

/**
 * The id of the user a call acts for: named by id, by name, or the owner of the key (of a deploy key: its creator).
 * A key that only signs is no key here.
 */
export const actorUserId: SQL = sql`coalesce(
  (select id from users where id = ${sql.placeholder("userId")}),
  (select id from users where username = ${sql.placeholder("username")}),
  (select user_id from keys where id = ${keyId} and usage <> 'signing'))`;

/** The key a call acts with: `key_id` names any, `identifier` names only deploy keys (a user key stands for its owner). */
export const actorKey: SQL = sql`keys where id = ${keyId} and usage <> 'signing' and (${sql.placeholder("keyAs")} = 'key' or kind = 'deploy')`;
