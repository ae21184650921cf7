import * as v from "valibot";
import type { UserRow } from "../../db/users.ts";

/** The short form of a user, shown wherever somebody is named. */
export const UserBasic = v.object({
  id: v.number(),
  username: v.string(),
  name: v.string(),
  state: v.string(),
  locked: v.boolean(),
  avatar_url: v.null(),
  web_url: v.string(),
});

/** `base`: the external URL. */
export function renderUserBasic(
  user: Pick<UserRow, "id" | "username" | "name" | "state" | "isLocked">,
  base: string,
): v.InferOutput<typeof UserBasic> {
  return {
    id: user.id,
    username: user.username,
    name: user.name,
    state: user.state,
    locked: user.isLocked,
    avatar_url: null,
    web_url: `${base}/${user.username}`,
  };
}
