import * as v from "valibot";
import { loadAuthorizedKey } from "../../db/facts/authorized-key.ts";
import { decideLogin } from "../../domain/access/authorized-key.ts";
import { notFound, unauthenticated } from "../../domain/fault.ts";
import { authorizedKeyLine, fingerprintOfPresentedKey } from "../../domain/identity/ssh-key.ts";
import { externalUrl } from "../../http/context.ts";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";

const AuthorizedKey = v.object({
  id: v.number(),
  title: v.string(),
  /** One line: algorithm, blob, and instead of the owner's comment their name and the host. */
  key: v.string(),
  created_at: v.string(),
  expires_at: v.nullable(v.string()),
});

/** Blank is the same as missing. */
const presentedKey = v.pipe(
  text(),
  v.check((key) => key.trim() !== "", "is missing"),
  v.description("Base64 blob of the public key, with or without padding"),
);

/**
 * GET /internal/authorized_keys
 *
 * Called by gitlab-sshd for every key that a client offers, and by gitlab-shell-authorized-keys-check
 * (contract accounts 4).
 */
export const authorizedKeys = operation({
  method: "GET",
  path: "/internal/authorized_keys",
  summary: "The key that somebody logs in with",
  tags: ["gitlab-shell"],
  caller: "shell",
  params: v.object({ key: presentedKey }),
  answers: { 200: { description: "The key", schema: AuthorizedKey } },
  faults: [404],
  async handle(c, params) {
    const key = await loadAuthorizedKey(c.var.db, fingerprintOfPresentedKey(params.key));
    const login = decideLogin(key, c.var.now);
    if (login === "barred") throw unauthenticated("owner_barred", "Key");
    if (key === null || login === "not_found") throw notFound("Key");
    return c.json({
      id: key.id,
      title: key.title,
      key: authorizedKeyLine(key, login.ownerName, new URL(externalUrl(c)).hostname),
      created_at: key.createdAt.toISOString(),
      expires_at: key.expiresAt?.toISOString() ?? null,
    });
  },
});
