import { check, index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { broadcastThemes, broadcastTypes } from "../../domain/push/broadcast.ts";
import { createdAt, flag, instant, oneOf, updatedAt } from "./columns.ts";

/** What an administrator tells everybody; banners are shown at the end of a push. */
export const broadcastMessages = sqliteTable(
  "broadcast_messages",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    message: text("message").notNull(),
    startsAt: instant("starts_at").notNull(),
    endsAt: instant("ends_at").notNull(),
    font: text("font"),
    color: text("color"),
    /** Roles on the project; none: everybody. */
    targetAccessLevels: text("target_access_levels", { mode: "json" }).$type<number[]>().notNull().default([]),
    /** Compared with `/<full path>`; `*` matches anything. Blank: all projects. */
    targetPath: text("target_path").notNull().default(""),
    broadcastType: text("broadcast_type", { enum: broadcastTypes }).notNull().default("banner"),
    isDismissable: flag("is_dismissable").notNull().default(false),
    showsInCli: flag("shows_in_cli").notNull().default(true),
    theme: text("theme", { enum: broadcastThemes }).notNull().default("indigo"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    index("broadcast_messages_ends_at").on(t.endsAt),
    check("broadcast_messages_broadcast_type", oneOf("broadcast_type", broadcastTypes)),
    check("broadcast_messages_theme", oneOf("theme", broadcastThemes)),
  ],
);
