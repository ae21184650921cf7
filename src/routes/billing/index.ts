import type { Operation } from "../../http/operation.ts";
import { billedNamespaces } from "./namespace.ts";
import { subscriptions } from "./subscription.ts";
import { minutes } from "./minutes.ts";
import { reconciliations } from "./reconciliations.ts";
import { addOns } from "./add-ons.ts";
import { owners } from "./owners.ts";
import { portalUsers } from "./portal-users.ts";
import { provision } from "./provision.ts";
import { storageExclusions } from "./storage-exclusions.ts";

/** What the customers' portal calls, and administrators in its place (contract customers). */
export const billing: readonly Operation[] = [
  ...subscriptions,
  ...billedNamespaces,
  ...addOns,
  ...owners,
  ...portalUsers,
  ...provision,
  ...storageExclusions,
  ...minutes,
  ...reconciliations,
];
