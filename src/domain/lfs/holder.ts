import { guardUserStateButTerms } from "../access/guards/user-state.ts";
import type { UserFacts } from "../access/facts.ts";
import { parseId } from "../identity/actor.ts";

/** Who an LFS token speaks for: a user, also behind an SSH key of theirs, or a deploy key. */
export type LfsHolder =
  | { kind: "user"; id: number; username: string; passwordStamp: string }
  /** With the SHA-256 fingerprint in unpadded Base64. */
  | { kind: "deploy_key"; id: number; fingerprint: string };

export interface LfsKey {
  id: number;
  kind: "user" | "deploy";
  fingerprint: string;
  lastUsedAt: Date | null;
}

export type LfsUser = Pick<Extract<LfsHolder, { kind: "user" }>, "id" | "username" | "passwordStamp">;

/**
 * Who gets a token (contract accounts 10): a deploy key for itself, any other key for its owner; null where there is
 * neither.
 */
export function holderOf({ key, user }: { key: LfsKey | null; user: LfsUser | null }): LfsHolder | null {
  if (key?.kind === "deploy") return { kind: "deploy_key", id: key.id, fingerprint: key.fingerprint };
  if (user === null) return null;
  return { kind: "user", id: user.id, username: user.username, passwordStamp: user.passwordStamp };
}

/** What Git LFS sends as the user name; the token names it too. */
export function holderName(holder: LfsHolder): string {
  return holder.kind === "user" ? holder.username : `lfs+deploy-key-${holder.id}`;
}

/** As Gitaly and `/allowed` name the actor: `user-29`, `key-21`. */
export function holderActor({ kind, id }: LfsHolder): string {
  return `${kind === "user" ? "user" : "key"}-${id}`;
}

const stampPart = 16;

/**
 * The text that a holder's tokens are signed with (contract accounts 10.1). A user's changes with their password, so that
 * what was signed before dies; a deploy key's is bound to its fingerprint. `instanceKey` has 32 characters.
 */
export function holderSecret(holder: LfsHolder, instanceKey: string): string {
  if (holder.kind === "user") return `${holder.id}${holder.passwordStamp.slice(-stampPart)}${instanceKey.slice(0, stampPart)}`;
  return `${holder.fingerprint.slice(0, stampPart)}${instanceKey}`;
}

/** No user name is longer, nor the name of a deploy key. */
const longestName = 255;

/** A user name as it was presented. */
export type PresentedName = { deployKeyId: number } | { username: string };

/** Whom a presented name means; null where it can be nobody's. A `+` is in no user name. */
export function parsePresentedName(name: string): PresentedName | null {
  if (name === "" || name.length > longestName) return null;
  const deployKeyId = parseId(/^lfs\+deploy-key-([1-9]\d*)$/.exec(name)?.[1]);
  return deployKeyId === null ? { username: name } : { deployKeyId };
}

/** A user with what bars somebody from Git. */
export type StatedLfsUser = LfsUser &
  Pick<UserFacts, "state" | "userType" | "isConfirmed" | "isLocked" | "lockedUntil" | "passwordExpiresAt">;

/**
 * The holder who presents a token under `name`; null where there is none, or it is a user who may not use Git at all
 * (contract accounts 10.2). The name is compared to the letter: a token names its holder so, too.
 */
export function presentedHolder(
  name: string,
  { key, user }: { key: LfsKey | null; user: StatedLfsUser | null },
  now: Date,
): LfsHolder | null {
  // `/allowed` asks for the terms.
  const isBarred = user === null || guardUserStateButTerms(user, "", now) !== null;
  const holder = holderOf({ key, user: isBarred ? null : user });
  return holder !== null && holderName(holder) === name ? holder : null;
}
