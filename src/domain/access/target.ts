import { formatGlRepository, hashedPath } from "../identity/gl-repository.ts";
import type { ProjectFacts, SnippetFacts, TargetFacts } from "./facts.ts";

/** What the full path of a repository is made from. */
interface Placed {
  type: TargetFacts["type"];
  project: Pick<ProjectFacts, "fullPath"> | null;
  snippet: Pick<SnippetFacts, "id"> | null;
}

/** `project-26`, `wiki-26`, `snippet-5`, `design-26`. */
export function glRepositoryOf(target: TargetFacts): string {
  return formatGlRepository({ type: target.type, id: target.snippet?.id ?? target.project?.id ?? 0 });
}

/** The repository's full path, `.wiki` and `snippets/5` included (contract git-access 4.4). */
export function fullPathOf({ type, project, snippet }: Placed): string {
  const projectPath = project?.fullPath ?? "";
  switch (type) {
    case "project":
      return projectPath;
    case "wiki":
      return `${projectPath}.wiki`;
    case "design":
      return `${projectPath}.design`;
    case "snippet":
      return `${project === null ? "" : `${projectPath}/`}snippets/${snippet?.id}`;
  }
}

/** Where the repository lies inside its storage. */
export function relativePathOf({ type, project, snippet }: TargetFacts): string {
  if (type === "snippet") return `${hashedPath("@snippets", snippet?.id ?? 0)}.git`;
  return `${project === null ? "" : diskPathOf(project)}${type === "project" ? "" : `.${type}`}.git`;
}

/** Where a project's repositories lie, without what their names end in. */
export function diskPathOf({ id, fullPath, storageVersion }: Pick<ProjectFacts, "id" | "fullPath" | "storageVersion">): string {
  return storageVersion === 0 ? fullPath : hashedPath("@hashed", id);
}

export function storageOf({ project, snippet }: TargetFacts): string {
  return snippet?.repositoryStorage ?? project?.repositoryStorage ?? "default";
}
