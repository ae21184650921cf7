import { accountOf, type AccountFacts, type AccountReference, type Refused } from "../accounts/account.ts";
import { parseDateText } from "../date-text.ts";
import { decideTokenExpiry, type ExpirySettings } from "./expiry.ts";
import { lengthErrors } from "./limits.ts";
import { sshScopes } from "./scopes.ts";

/** What somebody asks for who wants a personal access token over SSH. */
export interface AskedToken {
  account: AccountReference;
  name: string;
  scopes: readonly string[];
  /** As sent; null where nothing was. */
  expiresAt: string | number | boolean | null;
}

/** What a token is decided by. */
export interface TokenFacts extends Pick<AccountFacts, "key" | "user"> {
  settings: ExpirySettings;
}

/** A token to be made, or the sentence that says why there is none. */
export type TokenDecision = { token: TokenToMake } | Refused;

export interface TokenToMake {
  userId: number;
  name: string;
  /** In the order sent, each once. */
  scopes: string[];
  expiresAt: string | null;
}

/**
 * Whether a token is made over SSH (contract accounts 9, steps 2 to 9; the first that fails tells its sentence). `today` is
 * `YYYY-MM-DD`. What a token may not be is told before that its owner may have none, as the contract lists them.
 */
export function decideTokenOverSsh(asked: AskedToken, facts: TokenFacts, today: string): TokenDecision {
  const account = accountOf(asked.account, facts);
  if ("refused" in account) return account;
  if (account.kind === "deploy_key") return { refused: "Deploy keys cannot be used to create personal access tokens" };
  if (asked.name.trim() === "") return { refused: "No token name specified" };
  if (asked.scopes.length === 0) return { refused: "No token scopes specified" };
  const unknown = asked.scopes.find((scope) => !sshScopes.includes(scope));
  if (unknown !== undefined) return { refused: `Invalid scope: '${unknown}'. Valid scopes are: ${printedScopes}` };
  const day = dayAsked(asked.expiresAt);
  if (day === undefined) return { refused: `Invalid token expiry date: '${asked.expiresAt}'` };
  const expiry = decideTokenExpiry(day, facts.settings, today);
  const errors = lengthErrors("Name", asked.name);
  if ("refused" in expiry) return failed([...errors, expiry.refused]);
  if (errors.length > 0) return failed(errors);
  if (account.user.state !== "active") return failed(["Not permitted to create"]);
  return { token: { userId: account.user.id, name: asked.name, scopes: [...new Set(asked.scopes)], expiresAt: expiry.expiresAt } };
}

const printedScopes = `[${sshScopes.map((scope) => `"${scope}"`).join(", ")}]`;

/** Null where nothing was asked for: blank text is not given. Undefined where it is no date, as no number is. */
function dayAsked(sent: AskedToken["expiresAt"]): string | null | undefined {
  if (sent === null || (typeof sent === "string" && sent.trim() === "")) return null;
  return typeof sent === "string" ? (parseDateText(sent) ?? undefined) : undefined;
}

function failed(errors: string[]): Refused {
  return { refused: `Failed to create token: ${errors.join(" and ")}` };
}
