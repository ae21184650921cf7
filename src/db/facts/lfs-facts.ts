import { sql } from "drizzle-orm";
import type { AccessRequest } from "../../domain/access/request.ts";
import type { LfsTarget } from "../../domain/lfs/container.ts";
import type { LfsKey, LfsUser, PresentedName, StatedLfsUser } from "../../domain/lfs/holder.ts";
import type { Db } from "../client.ts";
import { loadTogether, statement } from "../statement.ts";
import { toDate, toStatedUser, type Flag, type StatedUserRow } from "./rows.ts";
import { actorKey, actorUserId, actorValues } from "./statements.ts";
import { targetValues, withTarget } from "./target.ts";

interface TargetRow {
  kind: LfsTarget["type"];
  project_id: number | null;
  full_path: string;
  is_lfs_enabled: Flag;
}
interface KeyRow {
  id: number;
  kind: LfsKey["kind"];
  fingerprint_sha256: string;
  last_used_at: number | null;
}
interface UserRow {
  id: number;
  username: string;
  password_stamp: string;
}

const value = sql.placeholder;

const targets = statement<TargetRow>(
  () => sql`${withTarget}
    select t.kind as kind, p.id as project_id, r.path as full_path, p.is_lfs_enabled as is_lfs_enabled
    from target t left join projects p on p.id = t.project_id left join routes r on r.project_id = p.id`,
);

const authentication = {
  targets,
  keys: statement<KeyRow>(() => sql`select id, kind, fingerprint_sha256, last_used_at from ${actorKey}`),
  users: statement<UserRow>(() => sql`select id, username, password_stamp from users where id = ${actorUserId}`),
};

const verification = {
  targets,
  keys: statement<KeyRow>(
    () => sql`
      select id, kind, fingerprint_sha256, last_used_at from keys
      where id = ${value("keyId")} and kind = 'deploy' and usage <> 'signing'`,
  ),
  users: statement<UserRow & StatedUserRow>(
    () => sql`
      select id, username, password_stamp, state, user_type, confirmed_at, is_locked, locked_until, password_expires_at
      from users where username = ${value("username")}`,
  ),
};

/** Who asks for a token and for which repository, in one round trip. */
export async function loadLfsFacts(
  db: Db,
  { actor, repository }: Pick<AccessRequest, "actor" | "repository">,
): Promise<{ target: LfsTarget | null; key: LfsKey | null; user: LfsUser | null }> {
  const rows = await loadTogether(db, authentication, { ...actorValues(actor), ...targetValues(repository) });
  return { target: first(rows.targets, toTarget), key: first(rows.keys, toKey), user: first(rows.users, toUser) };
}

/** Whoever has the name under which a token is shown, and the repository that is named besides, in one round trip. */
export async function loadLfsTokenFacts(
  db: Db,
  presented: PresentedName,
  repository: AccessRequest["repository"] | null,
): Promise<{ target: LfsTarget | null; key: LfsKey | null; user: StatedLfsUser | null }> {
  const names = "username" in presented ? { username: presented.username, keyId: null } : { username: null, keyId: presented.deployKeyId };
  const rows = await loadTogether(db, verification, { ...names, ...targetValues(repository) });
  return { target: first(rows.targets, toTarget), key: first(rows.keys, toKey), user: first(rows.users, toStatedLfsUser) };
}

function first<Row, Fact>([row]: readonly Row[], toFact: (row: Row) => Fact): Fact | null {
  return row === undefined ? null : toFact(row);
}

function toTarget(row: TargetRow): LfsTarget {
  const project = row.project_id === null ? null : { id: row.project_id, fullPath: row.full_path, isLfsEnabled: row.is_lfs_enabled === 1 };
  return { type: row.kind, project };
}

function toKey(row: KeyRow): LfsKey {
  return { id: row.id, kind: row.kind, fingerprint: row.fingerprint_sha256, lastUsedAt: toDate(row.last_used_at) };
}

function toUser(row: UserRow): LfsUser {
  return { id: row.id, username: row.username, passwordStamp: row.password_stamp };
}

function toStatedLfsUser(row: UserRow & StatedUserRow): StatedLfsUser {
  return { ...toStatedUser(row), ...toUser(row) };
}
