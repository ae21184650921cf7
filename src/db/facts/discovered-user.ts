import { sql } from "drizzle-orm";
import { ghost, type ActorReference } from "../../domain/identity/actor.ts";
import type { Db } from "../client.ts";
import { loadTogether, statement } from "../statement.ts";
import { actorKey, actorUserId, actorValues } from "./statements.ts";

export interface DiscoveredUser {
  id: number;
  name: string;
  username: string;
}

const userStatement = statement<DiscoveredUser>(() => sql`select id, name, username from users where id = ${actorUserId}`);
const keyStatement = statement<{ kind: "user" | "deploy" }>(() => sql`select kind from ${actorKey}`);

/** The user behind a key or name, in one round trip; the ghost for a deploy key whose creator is gone; else null. */
export async function loadDiscoveredUser(db: Db, actor: ActorReference): Promise<DiscoveredUser | null> {
  const { users, keys } = await loadTogether(db, { users: userStatement, keys: keyStatement }, actorValues(actor));
  return users[0] ?? (keys[0]?.kind === "deploy" ? ghost : null);
}
