import type { Operation } from "../../http/operation.ts";
import { findTokens } from "./list.ts";
import { removeToken, rotateNamedToken, showToken } from "./named.ts";
import { removeOwnToken, rotateOwnToken, showOwnToken } from "./self.ts";

/** `self` comes before the ids, of which it would be one. */
export const personalAccessTokens: readonly Operation[] = [
  findTokens,
  showOwnToken,
  removeOwnToken,
  rotateOwnToken,
  showToken,
  removeToken,
  rotateNamedToken,
];
