import { verifyHs256 } from "./hs256.ts";

/**
 * The Kubernetes agent server proves itself by `Gitlab-Kas-Api-Request` (contract kas 1.1): a JWT for `gitlab`, where it
 * says for whom it is. It is made for each request and good for seconds: clocks have to agree.
 */
export async function verifyKasJwt(token: string, secret: Uint8Array<ArrayBuffer>, now: Date): Promise<boolean> {
  const claims = await verifyHs256(token, secret, { issuer: "gitlab-kas", toleranceSeconds: 0, now });
  return claims !== null && (claims.aud === undefined || [claims.aud].flat().includes("gitlab"));
}
