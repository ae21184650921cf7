import type { Operation } from "../../http/operation.ts";
import { allowed } from "./allowed.ts";
import { authorizedCerts } from "./authorized-certs.ts";
import { authorizedKeys } from "./authorized-keys.ts";
import { check } from "./check.ts";
import { discover } from "./discover.ts";
import { gitAuditEvent } from "./git-audit-event.ts";
import { kubernetes } from "./kubernetes/index.ts";
import { lfsAuthenticate } from "./lfs-authenticate.ts";
import { lfsVerifyToken } from "./lfs-verify-token.ts";
import { makePersonalAccessToken } from "./personal-access-token.ts";
import { postReceive } from "./post-receive.ts";
import { preReceive } from "./pre-receive.ts";
import { twoFactor } from "./two-factor.ts";

export const internal: readonly Operation[] = [
  allowed,
  authorizedKeys,
  check,
  discover,
  preReceive,
  postReceive,
  gitAuditEvent,
  ...twoFactor,
  makePersonalAccessToken,
  authorizedCerts,
  lfsAuthenticate,
  lfsVerifyToken,
  ...kubernetes,
];
