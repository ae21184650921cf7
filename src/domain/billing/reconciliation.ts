/** When the seats of a namespace are next compared with what was paid for, and since when its owners are told; `YYYY-MM-DD`. */
export interface Reconciliation {
  nextReconciliationDate: string;
  displayAlertFrom: string;
}

/** The same of one namespace, as it was sent. */
export interface SentReconciliation {
  namespaceId: number;
  nextReconciliationDate: string | null;
  displayAlertFrom: string | null;
}

export type NamespaceReconciliation = Reconciliation & { namespaceId: number };

/** Whether owners are told of it on a day (contract customers 8.1). No rule orders the two dates. */
export function isShown({ nextReconciliationDate, displayAlertFrom }: Reconciliation, today: string): boolean {
  return displayAlertFrom <= today && today <= nextReconciliationDate;
}

/** Why an entry cannot be stored, in sentences; none where it can. */
export function reconciliationErrors(sent: SentReconciliation, isNamespaceKnown: boolean): string[] {
  const blank: [boolean, string][] = [
    [!isNamespaceKnown, "Namespace"],
    [sent.nextReconciliationDate === null, "Next reconciliation date"],
    [sent.displayAlertFrom === null, "Display alert from"],
  ];
  return blank.filter(([isBlank]) => isBlank).map(([, name]) => `${name} can't be blank`);
}

/** What is to be stored, wherever its namespace is known: of the entries of one namespace that have both dates the last. */
export function reconciliationsToStore(sent: readonly SentReconciliation[]): NamespaceReconciliation[] {
  const last = new Map<number, NamespaceReconciliation>();
  for (const { namespaceId, nextReconciliationDate, displayAlertFrom } of sent) {
    if (nextReconciliationDate === null || displayAlertFrom === null) continue;
    last.set(namespaceId, { namespaceId, nextReconciliationDate, displayAlertFrom });
  }
  return [...last.values()];
}

/** The one JSON text in which the faults of all entries are told, `[{"<namespace id>":["<sentence>"]}]`; null where there are none. */
export function describeReconciliationErrors(sent: readonly SentReconciliation[], known: ReadonlySet<number>): string | null {
  const errors = sent
    .map((entry) => ({ [entry.namespaceId]: reconciliationErrors(entry, known.has(entry.namespaceId)) }))
    .filter((each) => Object.values(each).flat().length > 0);
  return errors.length === 0 ? null : JSON.stringify(errors);
}
