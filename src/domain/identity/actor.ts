/**
 * Whom a shell caller names (contract git-access 3). The first parameter present decides; where its value cannot be an
 * id, it was given and finds nobody.
 */
export interface ActorReference {
  keyId: number | null;
  /** `deploy`: the key only counts if it is a deploy key; for a user key its owner is meant, without the key. */
  keyAs: "key" | "identifier";
  userId: number | null;
  username: string | null;
}

const nobody: ActorReference = { keyId: null, keyAs: "key", userId: null, username: null };

export interface ActorParameters {
  key_id?: unknown;
  user_id?: unknown;
  username?: string | null | undefined;
  identifier?: string | null | undefined;
}

export function parseActor(params: ActorParameters): ActorReference {
  if (isGiven(params.key_id)) return { ...nobody, keyId: parseId(params.key_id) };
  if (isGiven(params.user_id)) return { ...nobody, userId: parseId(params.user_id) };
  if (typeof params.username === "string") return { ...nobody, username: params.username };
  if (typeof params.identifier === "string") return parseIdentifier(params.identifier);
  return nobody;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** `user-N` and `key-N`. */
function parseIdentifier(identifier: string): ActorReference {
  const match = /^(user|key)-(\d+)$/.exec(identifier);
  if (match === null) return nobody;
  const id = parseId(match[2]);
  return match[1] === "user" ? { ...nobody, userId: id } : { ...nobody, keyId: id, keyAs: "identifier" };
}

/** A non-negative integer, as a number or in digits, up to 2^53−1; null for anything else, which no row has. */
export function parseId(value: unknown): number | null {
  const id = typeof value === "string" && /^0*\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof id === "number" && Number.isSafeInteger(id) && id >= 0 ? id : null;
}

/** Shown where a deploy key's creator is gone. Not a row: gitlab-shell greets an id below 1 as anonymous. */
export const ghost = { id: 0, name: "Ghost User", username: "ghost" } as const;
