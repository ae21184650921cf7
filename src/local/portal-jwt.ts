/**
 * `npm run portal-jwt`: a token such as the customers' portal signs for its calls, for trying them with curl. It is signed
 * with the key in `.dev.vars`, and good for an hour.
 */
import { createPrivateKey } from "node:crypto";
import { SignJWT } from "jose";
import { ensureDevVars, portalKeyName } from "./dev-vars.ts";

const vars = ensureDevVars();
const key = vars[portalKeyName];
if (!key) {
  console.error(`.dev.vars has a portal (CUSTOMERS_DOT_URL) and no ${portalKeyName}: its tokens are made elsewhere.`);
  process.exit(1);
}
const jwt = new SignJWT()
  .setProtectedHeader({ alg: "RS256", kid: "local" })
  .setIssuer(`${vars["CUSTOMERS_DOT_URL"]}/`)
  .setSubject("customers-dot-internal-api")
  .setAudience("gitlab-subscriptions");
console.log(
  await jwt
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(createPrivateKey({ key: Buffer.from(key, "base64"), format: "der", type: "pkcs8" })),
);
