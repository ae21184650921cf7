/** What of a token is looked at before another takes its place. */
export interface RotatableToken {
  revokedAt: Date | null;
  expiresAt: string | null;
  isFromDeployment: boolean;
}

/** Why the deployment's own token is neither rotated nor revoked: whoever did would leave it without one that is good. */
export const deploymentTokenStays = "The deployment's token is changed by changing its secret";
export const alreadyRevoked = "Token already revoked";

/** Why a token cannot be rotated; null where it can. A dead one would come to life by it (contract provisioning 6.4). */
export function refuseRotation(token: RotatableToken, today: string): string | null {
  if (token.isFromDeployment) return deploymentTokenStays;
  if (token.revokedAt !== null) return alreadyRevoked;
  return token.expiresAt !== null && token.expiresAt <= today ? "Token already expired" : null;
}
