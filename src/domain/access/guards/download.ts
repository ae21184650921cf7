import { canDownload, canReadSnippet } from "../abilities.ts";
import type { Guard } from "../guard.ts";
import { refusals } from "../refusal.ts";
import type { Situation } from "../situation.ts";

function describe({ facts, subject }: Situation): Record<string, unknown> {
  return {
    access_level: subject.viewer.level,
    is_admin: subject.viewer.isAdmin,
    visibility: facts.target?.snippet?.visibility ?? facts.target?.project?.visibility ?? null,
  };
}

/** Contract git-access 9.2. */
export const codeDownload: Guard<Situation> = {
  code: "download",
  judge({ facts, subject }) {
    const project = facts.target?.project ?? null;
    return project !== null && canDownload(project, project.repositoryAccessLevel, subject) ? null : refusals.download;
  },
  facts: (situation) => ({
    ...describe(situation),
    repository_access_level: situation.facts.target?.project?.repositoryAccessLevel ?? null,
  }),
};

/** Contract git-access 14.1. */
export const wikiDownload: Guard<Situation> = {
  code: "wiki_download",
  judge({ facts, subject }) {
    const project = facts.target?.project ?? null;
    return project !== null && canDownload(project, project.wikiAccessLevel, subject) ? null : refusals.wiki_download;
  },
  facts: (situation) => ({ ...describe(situation), wiki_access_level: situation.facts.target?.project?.wikiAccessLevel ?? null }),
};

/** Contract git-access 14.2. */
export const snippetDownload: Guard<Situation> = {
  code: "snippet_read",
  judge({ facts, subject }) {
    const snippet = facts.target?.snippet ?? null;
    return snippet !== null && canReadSnippet(snippet, facts.target?.project ?? null, subject) ? null : refusals.snippet_read;
  },
  facts: describe,
};
