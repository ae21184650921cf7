import * as v from "valibot";
import type { ProtectedTagRecord } from "../../db/protected-tags.ts";
import { KeyLevelEntry, renderKeyLevel } from "./protected-ref-level.ts";

/** A tag rule; it has no id of its own on the wire. */
export const ProtectedTag = v.object({ name: v.string(), create_access_levels: v.array(KeyLevelEntry) });

export function renderProtectedTag({ tag, levels }: ProtectedTagRecord): v.InferOutput<typeof ProtectedTag> {
  return { name: tag.name, create_access_levels: levels.map(renderKeyLevel) };
}
