import { findToken, type PersonalAccessTokenRow } from "../../db/tokens.ts";
import { notFound, unauthenticated } from "../../domain/fault.ts";
import { parseRowId } from "../../domain/identity/row-id.ts";
import type { OperationContext } from "../../http/operation.ts";

/**
 * The token that a segment names, whosever it is. Only administrators are told that there is none: 404; others get 401
 * (contract provisioning 6.4).
 */
export async function findNamedToken(c: OperationContext<"user">, segment: string): Promise<PersonalAccessTokenRow> {
  const id = parseRowId(segment);
  const token = id === null ? null : await findToken(c.var.db, id);
  if (token === null) throw c.var.caller.isAdmin ? notFound() : unauthenticated("token_not_found");
  return token;
}

/** Whether the caller may look at the token and change it: it is theirs, or they are an administrator. */
export function isManageable(c: OperationContext<"user">, token: PersonalAccessTokenRow): boolean {
  return c.var.caller.isAdmin || token.userId === c.var.caller.user.id;
}

/** The same, of the tokens that the caller may look at: 401 for anybody else's. */
export async function findManageableToken(c: OperationContext<"user">, segment: string): Promise<PersonalAccessTokenRow> {
  const token = await findNamedToken(c, segment);
  if (!isManageable(c, token)) throw unauthenticated("token_of_another");
  return token;
}
