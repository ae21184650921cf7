import type { Reconciliation } from "../billing/reconciliation.ts";
import type { Membership } from "../identity/access-level.ts";
import type { FeatureLevel } from "../identity/visibility.ts";
import type { Banner } from "./banner.ts";
import type { OpenMergeRequest } from "./merge-request-links.ts";

/** The project whose repository was pushed to, or whose wiki, designs or snippet, as it was before this push. */
export interface ReportedProject {
  id: number;
  fullPath: string;
  defaultBranch: string;
  isRepositoryEmpty: boolean;
  printsMergeRequestLink: boolean;
  mergeRequestsAccessLevel: FeatureLevel;
}

/** An upcoming reconciliation of the project's namespace or one above it, and the roles of the user there. */
export interface ReportedReconciliation extends Reconciliation {
  isNamespaceOwner: boolean;
  memberships: Membership[];
}

/** All that the answer to a reported push is made from. */
export interface ReportFacts {
  /** Who pushed; a null id stands for a deploy key without an owner. Null: nobody that is known. */
  user: { id: number | null } | null;
  project: ReportedProject | null;
  /** Whether there is a row for what was pushed to. */
  hasRepository: boolean;
  isNamespaceOwner: boolean;
  /** The user's, in the project. */
  memberships: Membership[];
  /** Active ones, newest first. */
  banners: Banner[];
  /** Upcoming ones of the namespaces of the project. */
  reconciliations: ReportedReconciliation[];
  /** Whether something is stored for this user to be told. */
  hasMessages: boolean;
  /** From this project, whatever their target. */
  openMergeRequests: OpenMergeRequest[];
}
