import { isLegalRefName } from "./ref-name.ts";

/**
 * Whether a branch may be called so where it is named and not pushed: what could be pushed (contract git-access 12.5),
 * as short as the file of a reference must be (255 bytes), and not `@`, which stands for HEAD.
 */
export function isBranchName(name: string): boolean {
  return isLegalRefName(name) && name !== "@" && Buffer.byteLength(name) <= 255;
}
