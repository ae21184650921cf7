import { asc, eq, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { isNamed, type KeyName, type KeyRow } from "./keys.ts";
import { deployKeyProjects, keys } from "./schema/index.ts";
import { selectUsers, toUserRecord, type UserRecord } from "./user-records.ts";

export type DeployKeyProjectRow = typeof deployKeyProjects.$inferSelect;

/** Any key, of a user or a deploy key, and whose it is. */
export interface KeyWithUser {
  key: KeyRow;
  /** The owner; of a deploy key its creator. Null when that user is gone. */
  user: UserRecord | null;
  /** Where a deploy key is enabled. */
  links: DeployKeyProjectRow[];
}

/** The key of this id or fingerprint, in one round trip; null where there is none. */
export async function findKeyWithUser(db: Db, name: KeyName): Promise<KeyWithUser | null> {
  const condition = isNamed(name);
  const column = (field: "id" | "user_id") => sql`(select ${sql.raw(field)} from ${keys} where ${condition} order by ${keys.id} limit 1)`;
  const [found, owners, links] = await db.query.batch([
    db.query.select().from(keys).where(condition).orderBy(asc(keys.id)).limit(1),
    selectUsers(db).where(sql`users.id = ${column("user_id")}`),
    db.query
      .select()
      .from(deployKeyProjects)
      .where(eq(deployKeyProjects.deployKeyId, column("id")))
      .orderBy(asc(deployKeyProjects.id)),
  ]);
  const [key] = found;
  const [owner] = owners;
  return key === undefined ? null : { key, user: owner === undefined ? null : toUserRecord(owner), links };
}
