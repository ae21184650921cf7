/**
 * `npm run kas-jwt`: a JWT such as the Kubernetes agent server signs for each of its requests, for trying its calls with
 * curl. It is signed with GITLAB_KAS_SECRET of `.dev.vars`, or of the environment, and good for an hour.
 */
import { SignJWT } from "jose";
import { ensureDevVars } from "./dev-vars.ts";

const secret = process.env["GITLAB_KAS_SECRET"] ?? ensureDevVars()["GITLAB_KAS_SECRET"] ?? "";
const jwt = new SignJWT().setProtectedHeader({ alg: "HS256", typ: "JWT" }).setIssuer("gitlab-kas").setAudience("gitlab");
console.log(await jwt.setIssuedAt().setNotBefore("-5s").setExpirationTime("1h").sign(Buffer.from(secret, "base64")));
