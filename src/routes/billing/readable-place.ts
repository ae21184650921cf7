import type { BillingCaller } from "../../auth/callers.ts";
import { loadMemberships, type NamespaceRecord } from "../../db/project-records.ts";
import { canSee } from "../../domain/access/visibility.ts";
import { forbidden, notFound } from "../../domain/fault.ts";
import { AccessLevel } from "../../domain/identity/access-level.ts";
import type { AppContext } from "../../http/context.ts";
import { viewerOf } from "../places.ts";
import { findBilledNamespace } from "./place.ts";

/**
 * The namespace whose purchases the caller may read: the portal and administrators those of any, owners their own. 403 for
 * others who can see it, 404 for those who cannot: a personal namespace is its owner's alone (contract customers 3.4).
 */
export async function findReadableNamespace(c: AppContext, caller: BillingCaller, idOrPath: string): Promise<NamespaceRecord> {
  const record = await findBilledNamespace(c, idOrPath);
  if (caller.kind === "portal" || caller.isAdmin) return record;
  const { id, kind, visibility, ownerId } = record.namespace;
  const memberships = await loadMemberships(c.var.db, caller.user.id, { projectId: null, namespaceId: id });
  const viewer = viewerOf(caller, memberships, ownerId, c.var.now);
  if (viewer.level >= AccessLevel.owner) return record;
  throw kind === "group" && canSee(visibility, viewer) ? forbidden() : notFound("Namespace");
}
