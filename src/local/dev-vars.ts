import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";

const file = ".dev.vars";

/** Secrets of local development, made on the first run and never committed. */
const makers: Record<string, () => string> = {
  GITLAB_SHELL_SECRET: () => randomBytes(16).toString("hex"),
  GITLAB_KAS_SECRET: () => randomBytes(32).toString("base64"),
  GATEHOUSE_ENCRYPTION_KEY: () => randomBytes(32).toString("base64"),
  GATEHOUSE_ROOT_TOKEN: () => `glpat-${randomBytes(15).toString("base64url")}`,
};

/** What `npm run portal-jwt` signs with; the Worker does not read it. */
export const portalKeyName = "CUSTOMERS_DOT_PRIVATE_KEY";

/** A customers' portal of this checkout: its address, which nobody asks, its public key, and the one it signs with. */
function makePortal(): Record<string, string> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwks = { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "local", alg: "RS256", use: "sig" }] };
  return {
    CUSTOMERS_DOT_URL: "https://customers.localhost",
    CUSTOMERS_DOT_JWKS: JSON.stringify(jwks),
    [portalKeyName]: privateKey.export({ type: "pkcs8", format: "der" }).toString("base64"),
  };
}

/** The secrets in `.dev.vars`; those that are missing are made and added. */
export function ensureDevVars(): Record<string, string> {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const vars: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseEnv(text))) vars[name] = value ?? "";
  const added: string[] = [];
  for (const [name, make] of Object.entries(makers)) {
    if (vars[name]) continue;
    vars[name] = make();
    added.push(`${name}="${vars[name]}"\n`);
  }
  if (!vars["CUSTOMERS_DOT_URL"]) {
    const portal = makePortal();
    Object.assign(vars, portal);
    added.push(...Object.entries(portal).map(([name, value]) => `${name}='${value}'\n`));
  }
  if (added.length > 0) {
    const joint = text === "" || text.endsWith("\n") ? "" : "\n";
    writeFileSync(file, text + joint + added.join(""), { mode: 0o600 });
  }
  return vars;
}

/** What else stands in `.dev.vars`: settings over those of wrangler.toml, which wrangler itself would pass over. */
export function settingsIn(vars: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(vars).filter(([name]) => !Object.hasOwn(makers, name) && name !== portalKeyName));
}
