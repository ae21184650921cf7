import { sql } from "drizzle-orm";
import type { AuthorizedKeyFacts } from "../../domain/access/authorized-key.ts";
import type { Db } from "../client.ts";
import { loadTogether, statement } from "../statement.ts";

interface Row {
  id: number;
  kind: "user" | "deploy";
  title: string;
  algorithm: string;
  blob: string;
  usage: AuthorizedKeyFacts["usage"];
  expires_at: number | null;
  created_at: number;
  user_name: string | null;
  user_state: NonNullable<AuthorizedKeyFacts["user"]>["state"] | null;
}

const keyStatement = statement<Row>(
  () => sql`
    select k.id as id, k.kind as kind, k.title as title, k.algorithm as algorithm, k.blob as blob, k.usage as usage,
      k.expires_at as expires_at, k.created_at as created_at, u.name as user_name, u.state as user_state
    from keys k left join users u on u.id = k.user_id
    where k.fingerprint_sha256 = ${sql.placeholder("fingerprint")}`,
);

/** The key with this SHA-256 fingerprint (unpadded Base64) and its owner, in one round trip. */
export async function loadAuthorizedKey(db: Db, fingerprint: string): Promise<AuthorizedKeyFacts | null> {
  const { keys } = await loadTogether(db, { keys: keyStatement }, { fingerprint });
  const [row] = keys;
  if (row === undefined) return null;
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    algorithm: row.algorithm,
    blob: row.blob,
    usage: row.usage,
    expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
    createdAt: new Date(row.created_at),
    user: row.user_name === null || row.user_state === null ? null : { name: row.user_name, state: row.user_state },
  };
}
