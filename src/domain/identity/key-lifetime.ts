import type { InstanceSettings } from "../settings.ts";

const dayLength = 86_400_000;

/**
 * What is wrong with the expiry of a new key where the instance limits the life of keys (`max_ssh_key_lifetime`, in
 * days); null where nothing is.
 */
export function keyLifetimeError(expiresAt: Date | null, settings: InstanceSettings, now: Date): string | null {
  const days = settings.max_ssh_key_lifetime;
  if (days === null || days === 0) return null;
  if (expiresAt === null) return "has no expiration date but an expiration date is required for SSH keys on this instance";
  return expiresAt.getTime() > now.getTime() + days * dayLength
    ? "has an expiration date that is later than the maximum allowed on this instance"
    : null;
}
