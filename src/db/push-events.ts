import { sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { dayOf } from "../domain/identity/access-level.ts";
import type { PushEvent } from "../domain/push/events.ts";
import type { Db } from "./client.ts";
import { jsonChunks } from "./json-chunks.ts";

/** Whose push it was, where to, and when it was accepted. */
export interface RecordedPush {
  id: string;
  projectId: number;
  /** Null: a deploy key without an owner. */
  authorId: number | null;
  acceptedAt: Date;
}

/** The statements that keep the events of a push, for batches; what is there already stays as it is. */
export function* recordPushEvents(db: Db, push: RecordedPush, events: Iterable<PushEvent>): Generator<BatchItem<"sqlite">> {
  for (const chunk of jsonChunks(events)) {
    // An author who is deleted meanwhile is nobody's.
    yield db.query.run(sql`
      insert into push_events (project_id, author_id, created_at, push_id, change_index, action, ref_type, ref, commit_from, commit_to, ref_count)
      select ${push.projectId}, (select id from users where id = ${push.authorId}), ${push.acceptedAt.getTime()}, ${push.id},
        value ->> 'changeIndex', value ->> 'action', value ->> 'refType', value ->> 'ref',
        value ->> 'commitFrom', value ->> 'commitTo', value ->> 'refCount'
      from json_each(${chunk}) where true
      on conflict (push_id, change_index) do nothing`);
  }
}

/** For a batch: the author was active on that day, and the project at that time; later activity stands. */
export function recordPushActivity(db: Db, { projectId, authorId, acceptedAt }: Omit<RecordedPush, "id">): BatchItem<"sqlite">[] {
  const day = dayOf(acceptedAt);
  return [
    db.query.run(sql`
      update users set last_activity_on = ${day} where id = ${authorId} and (last_activity_on is null or last_activity_on < ${day})`),
    recordProjectActivity(db, projectId, acceptedAt),
  ];
}

/** The same of the project alone. */
export function recordProjectActivity(db: Db, projectId: number, at: Date): BatchItem<"sqlite"> {
  return db.query.run(sql`
    update projects set last_activity_at = ${at.getTime()}
    where id = ${projectId} and (last_activity_at is null or last_activity_at < ${at.getTime()})`);
}
