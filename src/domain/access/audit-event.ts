/** What a person has done with a repository. */
export const auditVerbs = ["clone", "pull", "push"] as const;
export type AuditVerb = (typeof auditVerbs)[number];
