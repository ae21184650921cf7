import * as v from "valibot";

/** An id on the wire: number or digits. Anything else was given, and no row has it (contract decision 12). */
export const wireId = v.optional(v.unknown());

/** Longer than any path or name; D1 refuses parameters of megabytes. */
export const longestText = 4096;

/** Text that some client may send as a number; null is the same as not given. */
export const wireText = v.nullish(
  v.pipe(
    v.union([v.string(), v.number()]),
    v.transform((value) => String(value)),
    v.maxLength(longestText),
  ),
);

/** Who acts: the first one present decides. */
export const actorFields = { key_id: wireId, user_id: wireId, username: wireText, identifier: wireText };
