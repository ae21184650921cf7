import * as v from "valibot";
import type { BroadcastMessageRow } from "../../db/broadcast-messages.ts";

/** A message to everybody (contract provisioning 3). */
export const BroadcastMessage = v.object({
  id: v.number(),
  message: v.string(),
  starts_at: v.string(),
  ends_at: v.string(),
  font: v.nullable(v.string()),
  color: v.nullable(v.string()),
  active: v.boolean(),
  target_access_levels: v.array(v.number()),
  target_path: v.string(),
  broadcast_type: v.string(),
  dismissable: v.boolean(),
  theme: v.string(),
});

export function renderBroadcastMessage(row: BroadcastMessageRow, now: Date): v.InferOutput<typeof BroadcastMessage> {
  return {
    id: row.id,
    message: row.message,
    starts_at: row.startsAt.toISOString(),
    ends_at: row.endsAt.toISOString(),
    font: row.font,
    color: row.color,
    active: row.startsAt <= now && now <= row.endsAt,
    target_access_levels: row.targetAccessLevels,
    target_path: row.targetPath,
    broadcast_type: row.broadcastType,
    dismissable: row.isDismissable,
    theme: row.theme,
  };
}
