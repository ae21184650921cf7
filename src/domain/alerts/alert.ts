/** Worst first; `unknown` is documented, and kept (contract kas 6.2). */
export const alertSeverities = ["critical", "high", "medium", "low", "info", "unknown"] as const;
export type AlertSeverity = (typeof alertSeverities)[number];

/** All but `resolved` are open: what is raised again is counted there (contract kas 6.3). */
export const alertStatuses = ["triggered", "acknowledged", "resolved", "ignored"] as const;
export type AlertStatus = (typeof alertStatuses)[number];

/** Where an alert belongs: what Cilium reports is a threat. */
export const alertDomains = ["operations", "threat_monitoring"] as const;
export type AlertDomain = (typeof alertDomains)[number];
