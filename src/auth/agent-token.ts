/**
 * The token that an agent shows (contract kas 1.2); null where it shows none. The header of its own decides alone, where it
 * is there.
 */
export function readAgentToken(headers: Headers): string | null {
  const own = headers.get("Gitlab-Agent-Api-Request");
  const token = own ?? /^(?:Bearer|Token)\s+(\S+)\s*$/i.exec(headers.get("Authorization") ?? "")?.[1] ?? "";
  return token.trim() === "" ? null : token.trim();
}
