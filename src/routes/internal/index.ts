import type { Operation } from "../../http/operation.ts";
import { allowed } from "./allowed.ts";
import { authorizedKeys } from "./authorized-keys.ts";
import { check } from "./check.ts";
import { discover } from "./discover.ts";

export const internal: readonly Operation[] = [allowed, authorizedKeys, check, discover];
