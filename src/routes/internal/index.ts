import type { Operation } from "../../http/operation.ts";
import { allowed } from "./allowed.ts";
import { authorizedKeys } from "./authorized-keys.ts";
import { check } from "./check.ts";
import { discover } from "./discover.ts";
import { postReceive } from "./post-receive.ts";
import { preReceive } from "./pre-receive.ts";

export const internal: readonly Operation[] = [allowed, authorizedKeys, check, discover, preReceive, postReceive];
