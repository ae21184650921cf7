import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWK } from "jose";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface SigningKey {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
  /** The public key as PEM, as anybody can make it from the key set. */
  publicPem: string;
}

export async function makeSigningKey(kid: string, alg: "RS256" | "ES256"): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg, use: "sig" };
  return { kid, alg, privateKey, publicJwk, publicPem: await exportSPKI(publicKey) };
}

export interface KeyServer {
  /** The team's address; the key set is at `/cdn-cgi/access/certs`, as Cloudflare serves it. */
  issuer: string;
  /** Changes what it serves; text is served as it is. */
  serve(keys: readonly SigningKey[] | { status: number; text: string }): void;
  /** How often the key set was asked for. */
  requests(): number;
  close(): void;
}

export async function startKeyServer(): Promise<KeyServer> {
  let answer = { status: 200, text: '{"keys":[]}' };
  let requests = 0;
  const server = createServer((request, response) => {
    if (request.url !== "/cdn-cgi/access/certs") return void response.writeHead(404).end();
    requests += 1;
    response.writeHead(answer.status, { "Content-Type": "application/json" }).end(answer.text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    issuer: `http://127.0.0.1:${port}`,
    serve: (keys) => {
      answer = "status" in keys ? keys : { status: 200, text: JSON.stringify({ keys: keys.map((key) => key.publicJwk) }) };
    },
    requests: () => requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** An assertion as Cloudflare Access makes it for an application: good for five minutes unless the claims say otherwise. */
export function signAssertion(key: SigningKey, claims: Record<string, unknown>): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ type: "app", iat: now, nbf: now, exp: now + 300, ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: "JWT" })
    .sign(key.privateKey);
}
