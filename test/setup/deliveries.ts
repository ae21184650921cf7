import type { Db } from "../../src/db/client.ts";
import { recordPushDeliveries, type NewDelivery } from "../../src/db/hook-deliveries.ts";

/** Keeps a body under `<push>/<rest>` and notes who is to be sent it; the ids of the push's deliveries that are still to be sent. */
export function noteDeliveries(
  db: Db,
  key: string,
  parts: readonly string[],
  deliveries: readonly Omit<NewDelivery, "payloadKey">[],
  now: Date,
) {
  const told = {
    pushId: key.slice(0, key.indexOf("/")),
    parts: parts.map((text, part) => ({ key, part, text })),
    deliveries: deliveries.map((each) => ({ ...each, payloadKey: key })),
  };
  return recordPushDeliveries(db, told, now, () => {});
}
