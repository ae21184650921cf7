import { desc, eq, sql } from "drizzle-orm";
import type { Banner } from "../domain/push/banner.ts";
import { parseRowId } from "../domain/identity/row-id.ts";
import type { Db } from "./client.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { broadcastMessages } from "./schema/index.ts";
import { statement } from "./statement.ts";

export type BroadcastMessageRow = typeof broadcastMessages.$inferSelect;
export type NewBroadcastMessage = Omit<typeof broadcastMessages.$inferInsert, "id">;

/** A page of messages, newest first, past ones among them. */
export async function listBroadcastMessages(db: Db, page: PageRange): Promise<ListPage<BroadcastMessageRow>> {
  const [rows, counted] = await db.query.batch([
    db.query
      .select()
      .from(broadcastMessages)
      .orderBy(desc(broadcastMessages.id))
      .limit(page.size + 1)
      .offset(page.offset),
    countRows(db, db.query.select({ id: broadcastMessages.id }).from(broadcastMessages)),
  ]);
  return toPage(rows, counted, page);
}

/** The message whose id a path segment gives; null where there is none. */
export async function findBroadcastMessage(db: Db, segment: string): Promise<BroadcastMessageRow | null> {
  const id = parseRowId(segment);
  if (id === null) return null;
  const [row] = await db.query.select().from(broadcastMessages).where(eq(broadcastMessages.id, id));
  return row ?? null;
}

export async function createBroadcastMessage(db: Db, message: NewBroadcastMessage): Promise<BroadcastMessageRow> {
  const [row] = await db.query.insert(broadcastMessages).values(message).returning();
  if (row === undefined) throw new Error("The insert of a broadcast message gave no row.");
  return row;
}

/** Columns to write, where they are not undefined. */
export type BroadcastMessageChanges = { [Column in keyof NewBroadcastMessage]?: NewBroadcastMessage[Column] | undefined };

/** Null where the message is gone. */
export async function updateBroadcastMessage(db: Db, id: number, changes: BroadcastMessageChanges): Promise<BroadcastMessageRow | null> {
  const [row] = await db.query.update(broadcastMessages).set(changes).where(eq(broadcastMessages.id, id)).returning();
  return row ?? null;
}

/** Answers whether the message was there. */
export async function deleteBroadcastMessage(db: Db, id: number): Promise<boolean> {
  const deleted = await db.query.delete(broadcastMessages).where(eq(broadcastMessages.id, id)).returning({ id: broadcastMessages.id });
  return deleted.length > 0;
}

/** Of so many banners at once the newest are looked at: a push waits for them. */
const mostBanners = 100;

interface BannerRow {
  banner_message: string;
  banner_target_path: string;
  /** JSON. */
  banner_access_levels: string;
}

const now = sql.placeholder("now");

/**
 * The banners that pushes may show, newest first, to be chosen from by `chooseBanner`; value `now`: milliseconds since
 * 1970. The `+` keeps SQLite from walking through all that ever were, in the order of their ids.
 */
export const activeBanners = statement<BannerRow>(
  () => sql`
    select message as banner_message, target_path as banner_target_path, target_access_levels as banner_access_levels
    from broadcast_messages
    where ends_at >= ${now} and starts_at <= ${now} and broadcast_type = 'banner' and shows_in_cli
    order by +id desc limit ${sql.raw(String(mostBanners))}`,
);

export function toBanner(row: BannerRow): Banner {
  return {
    message: row.banner_message,
    targetPath: row.banner_target_path,
    targetAccessLevels: JSON.parse(row.banner_access_levels) as number[],
  };
}
