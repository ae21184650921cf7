import * as v from "valibot";
import { instanceKeys } from "../../auth/instance-key.ts";
import { signLfsToken } from "../../auth/lfs-token.ts";
import { loadLfsFacts } from "../../db/facts/lfs-facts.ts";
import { parseRepository } from "../../domain/access/parse-request.ts";
import { notFound, rowNotFound } from "../../domain/fault.ts";
import { parseActor } from "../../domain/identity/actor.ts";
import { newLfsClaims } from "../../domain/lfs/claims.ts";
import { lfsContainerOf } from "../../domain/lfs/container.ts";
import { holderName, holderOf, holderSecret } from "../../domain/lfs/holder.ts";
import { cloneUrls } from "../../http/context.ts";
import { operation } from "../../http/operation.ts";
import { actorFields, wireText } from "./fields.ts";
import { touchKey } from "./touch-key.ts";

const Authentication = v.object({
  /** What Git LFS sends as user name, with the token as password. */
  username: v.string(),
  lfs_token: v.string(),
  /** The repository's HTTP clone URL; LFS is asked below it. */
  repository_http_path: v.string(),
  /** Seconds. */
  expires_in: v.number(),
});

/**
 * POST /internal/lfs_authenticate
 *
 * Called by gitlab-shell for `git-lfs-authenticate` and `git-lfs-transfer`, after `/allowed`: whoever is known gets a
 * token for the repository, and the LFS server asks later what they may do there (contract accounts 10). `operation` is
 * not read.
 */
export const lfsAuthenticate = operation({
  method: "POST",
  path: "/internal/lfs_authenticate",
  summary: "A token for the LFS objects of a repository",
  tags: ["gitlab-shell"],
  caller: "shell",
  params: v.object({ ...actorFields, project: wireText, gl_repository: wireText }),
  answers: { 200: { description: "The token", schema: Authentication } },
  faults: [404],
  async handle(c, params) {
    const { db, now, config } = c.var;
    c.header("Cache-Control", "no-store");
    const repository = parseRepository(params);
    const facts = await loadLfsFacts(db, { actor: parseActor(params), repository });
    const container = lfsContainerOf(facts.target);
    if (container === null) throw notFound();
    const holder = holderOf(facts);
    if (holder === null) throw rowNotFound();
    touchKey(c, facts.key);
    const claims = newLfsClaims(holder, container, crypto.randomUUID(), now);
    const [instanceKey] = instanceKeys(config.encryptionKeys, "lfs-tokens");
    return c.json({
      username: holderName(holder),
      lfs_token: await signLfsToken(claims, holderSecret(holder, instanceKey)),
      repository_http_path: `${cloneUrls(c).http}${container.fullPath}.git`,
      expires_in: claims.exp - claims.iat,
    });
  },
});
