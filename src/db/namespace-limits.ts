import { sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { LedgerActor } from "../domain/billing/ledger.ts";
import type { Db } from "./client.ts";
import { namespaceLimits } from "./schema/index.ts";

/** What is bought or set for a namespace besides its subscription: undefined stays as it is. */
export interface SentLimits {
  sharedRunnersMinutes?: number | null | undefined;
  extraSharedRunnersMinutes?: number | null | undefined;
  /** MiB. */
  purchasedStorageSize?: number | undefined;
  purchasedStorageEndsOn?: string | null | undefined;
}

/**
 * The statements that set what was sent, for the batch of one request; none where nothing was. What it was before is read
 * by the batch itself, so that the ledger is right whoever else writes at the time. Where the namespace is gone, a
 * foreign key refuses the batch.
 */
export function limitWrites(db: Db, namespaceId: number, sent: SentLimits, actor: LedgerActor, now: Date): BatchItem<"sqlite">[] {
  if (Object.values(sent).every((value) => value === undefined)) return [];
  const l = sql`from namespaces n left join namespace_limits l on l.namespace_id = n.id where n.id = ${namespaceId}`;
  return [
    db.query.run(sql`
      insert into billing_ledger (recorded_at, kind, namespace_id, actor, before, after)
      select ${now.getTime()}, 'namespace', id, ${actor}, was, becomes
      from (select n.id as id, ${described({})} as was, ${described(sent)} as becomes ${l})
      where was <> becomes`),
    db.query
      .insert(namespaceLimits)
      .values({ namespaceId, ...sent })
      .onConflictDoUpdate({ target: namespaceLimits.namespaceId, set: sent }),
  ];
}

/** The limits of the row `l` as a JSON object, with what was sent in the place of what they are. */
function described(sent: SentLimits): SQL {
  return sql`json_object(
    'shared_runners_minutes_limit', ${valueOr(sent.sharedRunnersMinutes, sql`l.shared_runners_minutes`)},
    'extra_shared_runners_minutes_limit', ${valueOr(sent.extraSharedRunnersMinutes, sql`l.extra_shared_runners_minutes`)},
    'additional_purchased_storage_size', ${valueOr(sent.purchasedStorageSize, sql`coalesce(l.purchased_storage_size, 0)`)},
    'additional_purchased_storage_ends_on', ${valueOr(sent.purchasedStorageEndsOn, sql`l.purchased_storage_ends_on`)})`;
}

function valueOr(value: number | string | null | undefined, column: SQL): SQL {
  return value === undefined ? column : sql`json(${JSON.stringify(value)})`;
}
