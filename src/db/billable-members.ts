import { sql, type SQL } from "drizzle-orm";
import type { BillableMembers } from "../domain/billing/seats.ts";
import { AccessLevel } from "../domain/identity/access-level.ts";
import type { Db } from "./client.ts";
import { valuesIn } from "./value-list.ts";

/** Whether a membership `m` counts: it has not expired, and does not await acceptance. */
export function countsOn(today: string): SQL {
  return sql`not m.is_awaiting and (m.expires_at is null or m.expires_at > ${today})`;
}

interface BillableRow {
  id: number;
  people: number;
  guests: number;
}

/**
 * Counts the people of some namespaces whom a subscription has to pay for: with a role in the namespace, the groups below
 * it or their projects, or by invitation of their group to any of these (contract customers 5.2); a personal namespace is
 * its owner. One statement, which reads what is in these namespaces and nothing else; for `toBillable`.
 * `ids`: numbers, or a subquery of them.
 */
export function countBillable(db: Db, ids: readonly number[] | SQL, today: string) {
  const among = Array.isArray(ids) ? valuesIn(ids) : sql`${ids}`;
  const counts = countsOn(today);
  const isValid = sql`(s.expires_at is null or s.expires_at > ${today})`;
  const invited = sql`
    join namespace_ancestors i on i.namespace_id = s.group_id
    join members m on m.namespace_id = i.ancestor_id and ${counts}`;
  const wanted = sql`t.ancestor_id in (${among})`;
  return db.query.all<BillableRow>(sql`
    select n.id as id,
      case when n.kind = 'user' then 1 else count(u.id) end as people,
      case when n.kind = 'user' then 0 else count(case when reached.level <= ${AccessLevel.guest} then u.id end) end as guests
    from namespaces n
    left join (
      select root, user_id, max(level) as level from (
        select t.ancestor_id as root, m.user_id, m.access_level as level
          from namespace_ancestors t join members m on m.namespace_id = t.namespace_id and ${counts}
          where ${wanted}
        union all
        select t.ancestor_id, m.user_id, m.access_level
          from namespace_ancestors t join projects p on p.namespace_id = t.namespace_id
          join members m on m.project_id = p.id and ${counts}
          where ${wanted}
        union all
        select t.ancestor_id, m.user_id, min(m.access_level, s.access_level)
          from namespace_ancestors t join shares s on s.namespace_id = t.namespace_id and ${isValid} ${invited}
          where ${wanted}
        union all
        select t.ancestor_id, m.user_id, min(m.access_level, s.access_level)
          from namespace_ancestors t join projects p on p.namespace_id = t.namespace_id
          join shares s on s.project_id = p.id and ${isValid} ${invited}
          where ${wanted})
      group by root, user_id) reached on reached.root = n.id
    left join users u on u.id = reached.user_id and u.state = 'active' and u.user_type = 'human'
    where n.id in (${among})
    group by n.id`);
}

/** The counts by namespace. */
export function toBillable(rows: readonly BillableRow[]): (namespaceId: number) => BillableMembers {
  return (namespaceId) => {
    const { people = 0, guests = 0 } = rows.find((row) => row.id === namespaceId) ?? {};
    return { all: people, withoutGuests: people - guests };
  };
}
