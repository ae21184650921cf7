import * as v from "valibot";
import { loadDiscoveredUser } from "../../db/facts/discovered-user.ts";
import { parseActor } from "../../domain/identity/actor.ts";
import { operation } from "../../http/operation.ts";
import { actorFields } from "./fields.ts";

const User = v.object({ id: v.number(), name: v.string(), username: v.string() });

/**
 * GET /internal/discover
 *
 * Called by gitlab-shell to greet whoever logs in, and to learn a user's id. Always 200: `null` for nobody
 * (contract accounts 5).
 */
export const discover = operation({
  method: "GET",
  path: "/internal/discover",
  summary: "The user behind a key or a name",
  tags: ["gitlab-shell"],
  caller: "shell",
  params: v.object(actorFields),
  answers: { 200: { description: "The user, or null", schema: v.nullable(User) } },
  async handle(c, params) {
    return c.json(await loadDiscoveredUser(c.var.db, parseActor(params)));
  },
});
