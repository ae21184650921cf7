import { isShown } from "../billing/reconciliation.ts";
import { AccessLevel, effectiveAccess } from "../identity/access-level.ts";
import { chooseBanner } from "./banner.ts";
import type { ReportFacts } from "./report-facts.ts";

/** What Gitaly shows at the end of a push; an alert is framed. It fails on any other type (contract clients 4.4). */
export interface PushMessage {
  message: string;
  type: "basic" | "alert";
}

/** What there is to say, before it is put in order. */
export interface PushTexts {
  banner: string | null;
  /** That a reconciliation comes. */
  reconciliation: string | null;
  /** What was wrong with the push options. */
  optionAlert: string | null;
  mergeRequestLinks: readonly string[];
  /** Stored for this person: moved, then created. */
  stored: readonly string[];
}

/** In GitLab's order, without those that are blank (contract push 3.2). */
export function orderMessages({ banner, reconciliation, optionAlert, mergeRequestLinks, stored }: PushTexts): PushMessage[] {
  const alerts = [banner, reconciliation, optionAlert]
    .filter((text) => text !== null)
    .map((message) => ({ message, type: "alert" as const }));
  const basics = [...mergeRequestLinks, ...stored].map((message) => ({ message, type: "basic" as const }));
  return [...alerts, ...basics].filter(({ message }) => message.trim() !== "");
}

/** The banner for this person and project, if there is one (contract push 3.4). */
export function bannerFor(facts: ReportFacts, today: string): string | null {
  const { project, user, banners } = facts;
  const level = roleIn(facts, today);
  const isKnown = user !== null && project !== null && level > AccessLevel.none;
  return chooseBanner(banners, { fullPath: project?.fullPath ?? null, accessLevel: isKnown ? level : null });
}

function roleIn({ isNamespaceOwner, memberships }: Pick<ReportFacts, "isNamespaceOwner" | "memberships">, today: string): number {
  return isNamespaceOwner ? AccessLevel.owner : effectiveAccess(memberships, today).level;
}

/** The alert for owners about the soonest reconciliation that is shown today, if there is one (contract customers 8.1). */
export function reconciliationAlert({ reconciliations }: Pick<ReportFacts, "reconciliations">, today: string): string | null {
  const shown = reconciliations
    .filter((each) => isShown(each, today) && roleIn(each, today) >= AccessLevel.owner)
    .map((each) => each.nextReconciliationDate);
  const [soonest] = shown.toSorted();
  return soonest === undefined ? null : `Your next billing reconciliation is on ${soonest}.`;
}

/** Every option as it was sent, and what was wrong (contract push 5). Null where nothing was. */
export function describeOptionErrors(rawOptions: readonly string[], errors: readonly string[]): string | null {
  if (errors.length === 0) return null;
  const options = rawOptions.map((option) => `'${option}'`).join(" ");
  return `WARNINGS:\nError encountered with push options ${options}: ${errors.join("\n\n")}`;
}
