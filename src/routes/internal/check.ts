import * as v from "valibot";
import { answersWithin } from "../../db/probe.ts";
import { operation } from "../../http/operation.ts";

const Health = v.object({
  api_version: v.string(),
  gitlab_version: v.string(),
  gitlab_rev: v.string(),
  /** Same text; Gitaly reads this name. */
  gitlab_revision: v.string(),
  /** Whether storage answers. The name is the seed's. */
  redis: v.boolean(),
});

/**
 * GET /internal/check
 *
 * Called by `gitlab-shell-check` and `gitaly check`. Always 200: what is wrong with storage is in `redis`.
 */
export const check = operation({
  method: "GET",
  path: "/internal/check",
  summary: "Whether the internal API and its storage answer",
  tags: ["gitlab-shell", "gitaly"],
  caller: "shell",
  params: v.object({}),
  answers: { 200: { description: "The API answers", schema: Health } },
  async handle(c) {
    const { gitlabVersion, gitlabRevision } = c.var.config;
    return c.json({
      api_version: "v4",
      gitlab_version: gitlabVersion,
      gitlab_rev: gitlabRevision,
      gitlab_revision: gitlabRevision,
      redis: await answersWithin(c.var.db, 1_000),
    });
  },
});
