import type { Dialect } from "../http/answers.ts";
import { afterAnswer, externalUrl, type AppContext } from "../http/context.ts";
import { Fault, forbidden, unauthenticated } from "../domain/fault.ts";
import { loadAgent } from "../db/facts/agent-facts.ts";
import { findUser } from "../db/users.ts";
import { digestOfToken } from "../domain/tokens/secret.ts";
import { readAgentToken } from "./agent-token.ts";
import { verifyKasJwt } from "./kas-jwt.ts";
import { knownAgent } from "./known-agent.ts";
import { verifyPortalJwt } from "./portal-jwt.ts";
import { readPresentedToken, refuseBarredUser, requireScope, verifyPersonalAccessToken, type UserCaller } from "./personal-access-token.ts";
import { verifySharedSecret } from "./shell-secret.ts";
import { verifyShellJwt } from "./shell-jwt.ts";

/** gitlab-shell, Gitaly, or whoever holds their secret. */
export interface ShellCaller {
  kind: "shell";
  /** Which credential was good; some answers differ by it. */
  by: "jwt" | "secret";
}

/** The Kubernetes agent server, for itself. */
export interface KasCaller {
  kind: "kas";
}

/**
 * The Kubernetes agent server, for the agent whose token has this digest. Whether there is one is asked together with the
 * facts that the call is decided by, in one round trip, and then answered first (known-agent.ts).
 */
export interface AgentCaller {
  kind: "agent";
  tokenDigest: string;
}

/** The customers' portal, by its own credential. */
export interface PortalCaller {
  kind: "portal";
}

/** Who changes what namespaces have bought: the portal, or an administrator in its place. */
export type BillingCaller = UserCaller | PortalCaller;

/**
 * Who may call an operation: the whole list.
 * - `shell`: gitlab-shell and Gitaly, by JWT or shared secret;
 * - `kas`: the Kubernetes agent server, by JWT;
 * - `agent`: the same for one of its agents, by JWT and the agent's token;
 * - `user`: anybody with a personal access token;
 * - `anyone`: the same, or nobody: null;
 * - `portal`: the customers' portal, by JWT;
 * - `billing`: the same, or an administrator with a token, which may also come as `TOKEN`;
 * - `billingReader`: the same, or anybody with such a token.
 */
export interface Callers {
  shell: ShellCaller;
  kas: KasCaller;
  agent: AgentCaller;
  user: UserCaller;
  anyone: UserCaller | null;
  portal: PortalCaller;
  billing: BillingCaller;
  billingReader: BillingCaller;
}
export type CallerKind = keyof Callers;

export const dialectOf: Record<CallerKind, Dialect> = {
  shell: "shell",
  kas: "kas",
  agent: "kas",
  user: "rest",
  anyone: "rest",
  portal: "rest",
  billing: "rest",
  billingReader: "rest",
};

export interface CallerRules {
  /** Scopes of which a token needs one. */
  scopes: readonly string[];
  /** A revoked token that is presented takes along whichever token has taken its place. */
  endsReusedFamily: boolean;
}

type Identify<Kind extends CallerKind> = (c: AppContext, params: Record<string, unknown>, rules: CallerRules) => Promise<Callers[Kind]>;

const identify: { [Kind in CallerKind]: Identify<Kind> } = {
  shell: identifyShell,
  kas: identifyKas,
  agent: identifyAgent,
  user: (c, params, rules) => identifyUser(c, params, rules, readPresentedToken(c.req.raw.headers, params)),
  anyone: async (c, params, rules) => {
    const token = readPresentedToken(c.req.raw.headers, params);
    return token === null ? null : identifyUser(c, params, rules, token);
  },
  portal: identifyPortal,
  billing: async (c, params, rules) => {
    const caller = await identifyBillingReader(c, params, rules);
    if (caller.kind === "user" && !caller.isAdmin) throw forbidden();
    return caller;
  },
  billingReader: identifyBillingReader,
};

/** Proves who calls, or throws the fault to answer with. */
export function identifyCaller<Kind extends CallerKind>(
  kind: Kind,
  c: AppContext,
  params: Record<string, unknown>,
  rules: CallerRules,
): Promise<Callers[Kind]> {
  return identify[kind](c, params, rules);
}

/**
 * Throws where the caller turns out to be nobody, of those whom `identifyCaller` leaves to be looked up with the facts of
 * their call: for whoever refuses a request before that.
 */
export async function confirmCaller(c: AppContext, caller: Callers[CallerKind]): Promise<void> {
  if (caller?.kind === "agent") knownAgent(c, await loadAgent(c.var.db, caller.tokenDigest));
}

async function identifyKas(c: AppContext): Promise<KasCaller> {
  const jwt = c.req.header("Gitlab-Kas-Api-Request") ?? "";
  if (await verifyKasJwt(jwt, c.var.config.kasSecret, c.var.now)) return { kind: "kas" };
  throw unauthenticated("kas_credential", "KAS JWT authentication invalid");
}

async function identifyAgent(c: AppContext): Promise<AgentCaller> {
  await identifyKas(c);
  const token = readAgentToken(c.req.raw.headers);
  if (token === null) throw unauthenticated("agent_token");
  return { kind: "agent", tokenDigest: digestOfToken(token) };
}

async function identifyShell(c: AppContext, params: Record<string, unknown>): Promise<ShellCaller> {
  const { shellAuth, shellSecret } = c.var.config;
  const jwt = c.req.header("Gitlab-Shell-Api-Request");
  if (shellAuth !== "secret" && jwt !== undefined && (await verifyShellJwt(jwt, shellSecret, c.var.now))) {
    return { kind: "shell", by: "jwt" };
  }
  const presented = { parameter: params["secret_token"], header: c.req.header("Gitlab-Shared-Secret") ?? null };
  if (shellAuth !== "jwt" && verifySharedSecret(presented, shellSecret)) return { kind: "shell", by: "secret" };
  throw unauthenticated("shell_credential");
}

const portalHeader = "X-Customers-Dot-Internal-Token";

async function identifyPortal(c: AppContext): Promise<PortalCaller> {
  const { portal } = c.var.config;
  const jwt = c.req.header(portalHeader) ?? "";
  if (portal !== null && (await verifyPortalJwt(jwt, portal, c.var.now))) return { kind: "portal" };
  throw unauthenticated("portal_credential");
}

/** Where the portal's credential is shown it decides alone, whatever token is beside it (contract customers 1.2). */
async function identifyBillingReader(c: AppContext, params: Record<string, unknown>, rules: CallerRules): Promise<BillingCaller> {
  if (c.req.header(portalHeader) !== undefined) return identifyPortal(c);
  return identifyUser(c, params, rules, readPresentedToken(c.req.raw.headers, params, { fromTokenHeader: true }));
}

async function identifyUser(c: AppContext, params: Record<string, unknown>, rules: CallerRules, token: string | null): Promise<UserCaller> {
  if (token === null) throw unauthenticated("token_missing");
  const caller = await verifyPersonalAccessToken(token, {
    db: c.var.db,
    rootToken: c.var.config.rootToken,
    externalUrl: externalUrl(c),
    now: c.var.now,
    endsReusedFamily: rules.endsReusedFamily,
    later: (write) => afterAnswer(c, write),
  });
  requireScope(caller.token, rules.scopes);
  return actAs(c, caller, params);
}

/** `Sudo`: an administrator's token, with the scope of that name, acts with another user's rights. */
async function actAs(c: AppContext, caller: UserCaller, params: Record<string, unknown>): Promise<UserCaller> {
  const name = c.req.header("Sudo") ?? params["sudo"];
  if (name === undefined || name === null || name === "") return caller;
  if (!caller.isAdmin) throw forbidden("Must be admin to use sudo");
  requireScope(caller.token, ["sudo"]);
  const target = typeof name === "string" || typeof name === "number" ? String(name) : "";
  const user = await findUser(c.var.db, target);
  if (user === null) {
    throw new Fault("notFound", "sudo_target", `404 User with ID or username '${target}' Not Found`);
  }
  refuseBarredUser(user, { externalUrl: externalUrl(c), now: c.var.now });
  return { ...caller, user, isAdmin: user.isAdmin };
}
