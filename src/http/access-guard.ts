import { createMiddleware } from "hono/factory";
import { verifyAccessAssertion } from "../auth/cloudflare-access.ts";
import type { AppEnv } from "./context.ts";
import { log } from "./log.ts";

/** Refuses what did not come through Cloudflare Access, before routing tells anybody which routes there are. */
export const accessGuard = createMiddleware<AppEnv>(async (c, next) => {
  const { access } = c.var.config;
  if (access.kind === "off") return next();
  if (access.kind === "missing") {
    const text = `Cloudflare Access is not configured: set ${access.settings.join(" and ")} (README, Deploy). Until then every call is refused.`;
    return c.json({ message: `503 Service Unavailable - ${text}` }, 503);
  }
  const verdict = await verifyAccessAssertion(c.req.header("Cf-Access-Jwt-Assertion") ?? null, access, c.var.now);
  if ("identity" in verdict) return next();
  if (verdict.refused === "keys_unavailable") {
    log.error("access:keys-unavailable", { request_id: c.var.requestId, issuer: access.issuer });
    return c.json({ message: "503 Service Unavailable - the keys of Cloudflare Access could not be loaded" }, 503);
  }
  return c.json({ message: "403 Forbidden - Cloudflare Access" }, 403);
});
