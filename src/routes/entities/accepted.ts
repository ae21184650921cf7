import * as v from "valibot";

/** What the deletion of a group or project answers. */
export const Accepted = v.object({ message: v.literal("202 Accepted") });

export const accepted: v.InferOutput<typeof Accepted> = { message: "202 Accepted" };
