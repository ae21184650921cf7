import { visibilityRefusal } from "../../domain/access/visibility-limit.ts";
import { isBranchName } from "../../domain/git/branch-name.ts";
import type { NamespaceRow } from "../../db/namespaces.ts";
import type { UserCaller } from "../../auth/personal-access-token.ts";
import { descriptionError, nameError, pathError } from "../../domain/identity/name.ts";
import { isReservedProjectPath } from "../../domain/identity/path.ts";
import type { Visibility } from "../../domain/identity/visibility.ts";
import type { AppContext } from "../../http/context.ts";

const longestDescription = 2000;

/** What is judged of a project that is created or changed; null and undefined are not. */
export interface ProjectChecks {
  name: string | undefined;
  path: string | undefined;
  description: string | undefined;
  visibility: Visibility | undefined;
  defaultBranch: string | undefined;
  storage: string | undefined;
}

/** What is wrong with them, by field as GitLab names it (contract provisioning 9.1). */
export function projectErrors(c: AppContext, caller: UserCaller, namespace: NamespaceRow, checks: ProjectChecks) {
  const { name, path, description, visibility, defaultBranch, storage } = checks;
  return {
    name: name === undefined ? null : nameError(name),
    path: path === undefined ? null : pathError(path, isReservedProjectPath),
    description: descriptionError(description, longestDescription),
    visibility_level: visibility === undefined ? null : visibilityError(visibility, namespace, caller),
    base: defaultBranch === undefined || isBranchName(defaultBranch) ? null : missingBranch(defaultBranch),
    repository_storage: storage === undefined || Object.hasOwn(c.var.config.gitalyStorages, storage) ? null : "is not included in the list",
  };
}

/** What GitLab says of a default branch that the repository does not have, or could not. */
export function missingBranch(name: string): string {
  return `Could not change HEAD: branch '${name}' does not exist`;
}

/** Only groups limit what is in them: a personal namespace may hold public projects. */
function visibilityError(visibility: Visibility, namespace: NamespaceRow, caller: UserCaller): string | null {
  const refusal = visibilityRefusal(visibility, {
    group: namespace.kind === "group" ? namespace.visibility : null,
    restricted: caller.settings.restricted_visibility_levels,
    isAdmin: caller.isAdmin,
  });
  if (refusal === null) return null;
  return refusal === "group"
    ? `${visibility} is not allowed in a ${namespace.visibility} group.`
    : `${visibility} has been restricted by your GitLab administrator`;
}
