import type { Db } from "../../db/client.ts";
import { findUserRecord, type UserRecord } from "../../db/user-records.ts";
import { findUser, type UserRow } from "../../db/users.ts";
import { forbidden, notFound } from "../../domain/fault.ts";
import { parseRowId } from "../../domain/identity/row-id.ts";

/** The id of a user that a segment names; 404 `User Not Found` where it is no number. */
export function userIdOf(segment: string): number {
  const id = parseRowId(segment);
  if (id === null) throw notFound("User");
  return id;
}

/** The user with this id; 404 where there is none. */
export async function findRecord(db: Db, segment: string): Promise<UserRecord> {
  const record = await findUserRecord(db, userIdOf(segment));
  if (record === null) throw notFound("User");
  return record;
}

/** The user with this id or user name; 404 where there is none. */
export async function findNamed(db: Db, segment: string): Promise<UserRow> {
  const user = await findUser(db, segment);
  if (user === null) throw notFound("User");
  return user;
}

const firstAdministratorId = 1;

/** 403 for what would take the first administrator away: the deployment's own token is theirs, and must stay good. */
export function keepFirstAdministrator(id: number, from: "blocked" | "demoted" | "removed"): void {
  if (id === firstAdministratorId) throw forbidden(`The first administrator cannot be ${from}`);
}
