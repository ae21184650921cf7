import * as v from "valibot";
import { actorFields, wireText } from "./fields.ts";

/** Largest body of a call that may hold `changes`: 100,000 refs are 11.5 MB. */
export const changesLimitBytes = 16 * 1024 * 1024;

/** The parameters of `/allowed` (contract git-access 2); whatever else is sent is not read. */
export const AllowedParams = v.object({
  ...actorFields,
  project: wireText,
  gl_repository: wireText,
  protocol: wireText,
  action: wireText,
  changes: v.optional(v.unknown()),
  env: v.optional(v.unknown()),
  check_ip: wireText,
  namespace_path: wireText,
  gitaly_client_context_bin: v.nullish(v.string()),
});
