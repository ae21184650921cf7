import * as v from "valibot";
import { containerGid, parseContainerGid, type LfsContainer, type LfsTarget } from "./container.ts";
import { holderName, type LfsHolder } from "./holder.ts";

/** Seconds that a token is good for (contract decision 5). */
const lifetime = 1800;
/** Seconds by which the clocks of two machines may differ without a new token being too young. */
const clockDifference = 5;

/** What is read of a token; one without a container is good for any. */
export const LfsClaims = v.object({
  data: v.object({ actor: v.string(), container_gid: v.optional(v.string()) }),
  iat: v.number(),
  exp: v.number(),
});
export type LfsClaims = v.InferOutput<typeof LfsClaims>;

/** The claims of a new token (contract accounts 10.1). `jti`: a random UUID. */
export function newLfsClaims(holder: LfsHolder, container: LfsContainer, jti: string, now: Date) {
  const iat = Math.floor(now.getTime() / 1000);
  return {
    data: { actor: holderName(holder), container_gid: containerGid(container) },
    jti,
    iat,
    nbf: iat - clockDifference,
    exp: iat + lifetime,
  };
}

/**
 * Whether a token whose signature and times are good is one of the holder's, and for the container that the request names,
 * where both name one. The container is that of the token.
 *
 * The name is compared although the secret is the holder's own: secrets are parts set side by side, and somebody whose
 * parts join to the same text would otherwise pass for somebody else.
 */
export function acceptLfsClaims(
  { data }: LfsClaims,
  holder: LfsHolder,
  named: LfsTarget | null,
): { container: LfsContainer | null } | null {
  if (data.actor !== holderName(holder)) return null;
  if (data.container_gid === undefined) return { container: null };
  const container = parseContainerGid(data.container_gid);
  if (container === null) return null;
  const isNamed = named === null || (named.type === container.type && named.project?.id === container.id);
  return isNamed ? { container } : null;
}
