import { canDownload, canReadSnippet, type Subject } from "../abilities.ts";
import type { TargetFacts } from "../facts.ts";
import { refusals, type Refusal } from "../refusal.ts";

/** Contract git-access 9.2, 14.1, 14.2. */
export function guardDownload(target: TargetFacts, subject: Subject): Refusal | null {
  const { project, snippet } = target;
  if (target.type === "snippet") {
    return snippet !== null && canReadSnippet(snippet, project, subject) ? null : refusals.snippet_read;
  }
  if (target.type === "wiki") {
    return project !== null && canDownload(project, project.wikiAccessLevel, subject) ? null : refusals.wiki_download;
  }
  return project !== null && canDownload(project, project.repositoryAccessLevel, subject) ? null : refusals.download;
}
