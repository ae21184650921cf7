import type { BillingCaller } from "../../auth/callers.ts";
import { loadMemberships, type NamespaceRecord } from "../../db/project-records.ts";
import { forbidden, notFound } from "../../domain/fault.ts";
import type { AppContext } from "../../http/context.ts";
import { viewNamespace } from "../namespace-view.ts";
import { findBilledNamespace } from "./place.ts";

/**
 * The namespace whose purchases the caller may read: the portal and administrators those of any, owners their own. 403 for
 * others who can see it, 404 for those who cannot: a personal namespace is its owner's alone (contract customers 3.4).
 */
export async function findReadableNamespace(c: AppContext, caller: BillingCaller, idOrPath: string): Promise<NamespaceRecord> {
  const record = await findBilledNamespace(c, idOrPath);
  if (caller.kind === "portal" || caller.isAdmin) return record;
  const memberships = await loadMemberships(c.var.db, caller.user.id, { projectId: null, namespaceId: record.namespace.id });
  const { isSeen, isOwned } = viewNamespace(caller, record.namespace, memberships, c.var.now);
  if (isOwned) return record;
  throw isSeen ? forbidden() : notFound("Namespace");
}
