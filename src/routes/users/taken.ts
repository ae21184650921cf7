import { isUniqueViolation } from "../../db/constraint.ts";
import type { Db } from "../../db/client.ts";
import type { Identity } from "../../db/user-records.ts";
import { findTaken } from "../../db/users.ts";
import { Fault, conflict, invalid, type FieldErrors } from "../../domain/fault.ts";

const taken = "has already been taken";

interface Wanted {
  email?: string | undefined;
  username?: string | undefined;
  identity?: Identity | undefined;
}

/**
 * Refuses what a request says about a user: an e-mail address or user name of somebody else's with 409, the address
 * first; then all errors of the fields together, a path or identity that is taken among them (contract provisioning
 * 1.3, 5.1).
 */
export async function refuseUser(db: Db, wanted: Wanted, exceptUserId: number | null, errors: FieldErrors): Promise<never> {
  const found = await findTaken(db, wanted, exceptUserId);
  if (found.email) throw conflict(`Email ${taken}`);
  if (found.username) throw conflict(`Username ${taken}`);
  const all: FieldErrors = { ...errors };
  if (found.path) all["username"] = [...(all["username"] ?? []), taken];
  if (found.identity) all["identities.extern_uid"] = [...(all["identities.extern_uid"] ?? []), taken];
  if (Object.keys(all).length === 0) throw new Fault("conflict", "taken_meanwhile");
  throw invalid(all);
}

/** Runs a write of a user, and says which of what it wants is taken where the database refuses it. */
export async function writeUser<Result>(
  db: Db,
  wanted: Wanted,
  exceptUserId: number | null,
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    const isTaken = ["users.", "routes.path", "identities."].some((columns) => isUniqueViolation(error, columns));
    if (!isTaken) throw error;
    return refuseUser(db, wanted, exceptUserId, {});
  }
}
