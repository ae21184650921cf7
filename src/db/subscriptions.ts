import { eq, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { LedgerActor } from "../domain/billing/ledger.ts";
import { changeSubscription, newSubscription } from "../domain/billing/subscription-write.ts";
import { describeTerms, type SentTerms, type SubscriptionTerms } from "../domain/billing/subscription.ts";
import { conflict, Fault, invalid, notFound } from "../domain/fault.ts";
import { runBatch } from "./batch.ts";
import { recordChange, type Recording } from "./billing-ledger.ts";
import type { Db } from "./client.ts";
import { isForeignKeyViolation, isNotNullViolation, isUniqueViolation } from "./constraint.ts";
import { loadBilledNamespace, type BilledNamespace } from "./facts/subscription-facts.ts";
import { limitWrites, type SentLimits } from "./namespace-limits.ts";
import { subscriptions } from "./schema/index.ts";

/** What a request makes of a namespace. */
export interface NamespaceChange {
  /** Null: the subscription stays as it is, or there stays none. */
  terms: SubscriptionTerms | null;
  limits: SentLimits;
}

/** A namespace as it was read, and what was made of it. */
export interface ChangedNamespace {
  before: BilledNamespace;
  change: NamespaceChange;
}

/** How often a change is decided again on what others have made of the namespace meanwhile. */
const mostAttempts = 20;

/**
 * The statements of one request's change, with their ledger rows; all of them or none. What it was decided on has to be
 * what is there: an older state gives the lock nothing, a subscription that is gone gives its ledger row no namespace,
 * and one that came meanwhile is one too many.
 */
export function namespaceWrites(db: Db, before: BilledNamespace, change: NamespaceChange, writing: Recording): BatchItem<"sqlite">[] {
  const { actor, now } = writing;
  return [
    ...limitWrites(db, before.namespace.id, change.limits, actor, now),
    ...(change.terms === null ? [] : subscriptionWrites(db, before, change.terms, writing)),
  ];
}

function subscriptionWrites(
  db: Db,
  { namespace, subscription }: BilledNamespace,
  terms: SubscriptionTerms,
  { actor, now }: Recording,
): BatchItem<"sqlite">[] {
  const kind = "subscription";
  const after = describeTerms(terms);
  if (subscription === null) {
    return [
      db.query.insert(subscriptions).values({ ...terms, namespaceId: namespace.id, createdAt: now, updatedAt: now }),
      recordChange(db, { kind, namespaceId: namespace.id, actor, before: null, after }, now),
    ];
  }
  const { id, lockVersion } = subscription;
  const before = describeTerms(subscription);
  const namespaceId = sql`(select namespace_id from subscriptions where id = ${id})`;
  const next = sql`case when lock_version = ${lockVersion} then lock_version + 1 end`;
  return [
    db.query
      .update(subscriptions)
      .set({ ...terms, lockVersion: next, updatedAt: now })
      .where(eq(subscriptions.id, id)),
    ...(JSON.stringify(before) === JSON.stringify(after) ? [] : [recordChange(db, { kind, namespaceId, actor, before, after }, now)]),
  ];
}

/**
 * Decides on a namespace as it is and writes that: one round trip to load, one to write, and both again where somebody else
 * was first. The refusal is what was decided, 404 where there is no namespace (any more), or 409 where others are always first.
 */
export async function changeNamespace(
  db: Db,
  idOrPath: string,
  decide: (before: BilledNamespace) => NamespaceChange | Fault,
  writing: Recording,
): Promise<ChangedNamespace | Fault> {
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const before = await loadBilledNamespace(db, idOrPath, writing.now);
    if (before === null) return notFound("Namespace");
    const change = decide(before);
    if (change instanceof Fault) return change;
    try {
      await runBatch(db, namespaceWrites(db, before, change, writing));
      return { before, change };
    } catch (error) {
      if (isForeignKeyViolation(error)) return notFound("Namespace");
      if (!isOvertaken(error)) throw error;
    }
  }
  return conflict("409 Conflict");
}

function isOvertaken(error: unknown): boolean {
  return (
    isUniqueViolation(error, "subscriptions.namespace_id") ||
    isNotNullViolation(error, "subscriptions.lock_version") ||
    isNotNullViolation(error, "billing_ledger.namespace_id")
  );
}

/** What is sent for a namespace's subscription, as its terms: of the one that is there, or of a new one. */
export function decideTerms({ subscription, members }: BilledNamespace, sent: SentTerms, now: Date) {
  return subscription === null ? newSubscription(sent, now) : changeSubscription(subscription, sent, members, now);
}

/** Writes what is sent for a namespace's subscription, which need not be there yet; 400 by field is a refusal. */
export function writeSubscription(
  db: Db,
  namespaceId: number,
  sent: SentTerms,
  actor: LedgerActor,
  now: Date,
): Promise<ChangedNamespace | Fault> {
  const decide = (before: BilledNamespace) => {
    const { terms, errors } = decideTerms(before, sent, now);
    return terms === null ? invalid(errors) : { terms, limits: {} };
  };
  return changeNamespace(db, String(namespaceId), decide, { actor, now });
}

/** Writes the limits of a namespace; the refusal is 404 where it is gone. */
export async function writeLimits(db: Db, namespaceId: number, sent: SentLimits, actor: LedgerActor, now: Date): Promise<Fault | null> {
  try {
    await runBatch(db, limitWrites(db, namespaceId, sent, actor, now));
    return null;
  } catch (error) {
    if (isForeignKeyViolation(error)) return notFound("Namespace");
    throw error;
  }
}
