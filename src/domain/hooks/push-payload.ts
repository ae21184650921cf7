import type { CloneUrls } from "../access/effects.ts";
import { isBlankRevision, type RefChange } from "../git/changes.ts";
import { ghost } from "../identity/actor.ts";
import type { Visibility } from "../identity/visibility.ts";
import type { PushedProject, Pusher } from "../push/pushed-facts.ts";
import type { PushedRef } from "../push/ref-changes.ts";
import { partLength } from "./payload-parts.ts";

/** What all bodies of one push have in common. */
export interface PayloadFacts {
  /** As this push leaves it. */
  project: PushedProject;
  pusher: Pusher;
  urls: CloneUrls;
}

/** As numbers, the way older interfaces tell it. */
const visibilityLevels: Record<Visibility, number> = { private: 0, internal: 10, public: 20 };

/** What bodies tell of a project. */
export type ToldProject = Pick<
  PushedProject,
  "id" | "name" | "description" | "visibility" | "fullPath" | "defaultBranch" | "ciConfigPath" | "namespaceName"
>;

/** The body's `project` (contract push 8.3). */
export function projectPart({ project, urls }: { project: ToldProject; urls: CloneUrls }) {
  const webUrl = `${urls.external}/${project.fullPath}`;
  const sshUrl = `${urls.ssh}${project.fullPath}.git`;
  const httpUrl = `${urls.http}${project.fullPath}.git`;
  return {
    id: project.id,
    name: project.name,
    description: project.description,
    web_url: webUrl,
    avatar_url: null,
    git_ssh_url: sshUrl,
    git_http_url: httpUrl,
    namespace: project.namespaceName,
    visibility_level: visibilityLevels[project.visibility],
    path_with_namespace: project.fullPath,
    default_branch: project.defaultBranch,
    ci_config_path: project.ciConfigPath,
    homepage: webUrl,
    url: sshUrl,
    ssh_url: sshUrl,
    http_url: httpUrl,
  };
}

/** The older form of `project` beside it. */
function repositoryPart(project: ReturnType<typeof projectPart>) {
  return {
    name: project.name,
    url: project.url,
    description: project.description,
    homepage: project.homepage,
    git_http_url: project.git_http_url,
    git_ssh_url: project.git_ssh_url,
    visibility_level: project.visibility_level,
  };
}

/**
 * What a hook is told of a changed branch or tag (contract push 8.2). Commits, the message of a tag and the commit it
 * points at are the repository's to know; without it there are none, and what a tag was pushed as stands for its commit.
 */
export function pushPayload(change: PushedRef, isProtected: boolean, facts: PayloadFacts) {
  const kind = change.type === "branch" ? "push" : "tag_push";
  const { pusher } = facts;
  const project = projectPart(facts);
  return {
    object_kind: kind,
    event_name: kind,
    before: change.oldrev,
    after: change.newrev,
    ref: change.ref,
    ref_protected: isProtected,
    checkout_sha: isBlankRevision(change.newrev) ? null : change.newrev,
    message: null,
    user_id: pusher.id ?? ghost.id,
    user_name: pusher.name,
    user_username: pusher.username,
    user_email: pusher.publicEmail,
    user_avatar: null,
    project_id: facts.project.id,
    project,
    commits: [],
    total_commits_count: 0,
    push_options: {},
    repository: repositoryPart(project),
  };
}

/**
 * What system hooks are told of each push once (contract push 8.4): a JSON text in parts, since a push may have changed
 * 100,000 refs. Without branches and tags among its changes both lists are empty.
 */
export function* repositoryUpdateParts(changes: () => Iterable<PushedRef>, facts: PayloadFacts): Generator<string> {
  let part = "";
  for (const piece of repositoryUpdatePieces(changes, facts)) {
    part += piece;
    if (part.length < partLength) continue;
    yield part;
    part = "";
  }
  if (part !== "") yield part;
}

function* repositoryUpdatePieces(changes: () => Iterable<PushedRef>, facts: PayloadFacts): Generator<string> {
  const { project, pusher } = facts;
  const head = {
    event_name: "repository_update",
    user_id: pusher.id ?? ghost.id,
    user_name: pusher.name,
    user_email: pusher.email,
    user_avatar: null,
    project_id: project.id,
    project: projectPart(facts),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"changes":[`;
  yield* commaSeparated(changes(), ({ oldrev, newrev, ref }: RefChange) => ({ before: oldrev, after: newrev, ref }));
  yield `],"refs":[`;
  yield* commaSeparated(distinctRefs(changes()), (ref) => ref);
  yield "]}";
}

function* commaSeparated<Item>(items: Iterable<Item>, toJson: (item: Item) => unknown): Generator<string> {
  let comma = "";
  for (const item of items) {
    yield `${comma}${JSON.stringify(toJson(item))}`;
    comma = ",";
  }
}

function* distinctRefs(changes: Iterable<RefChange>): Generator<string> {
  const seen = new Set<string>();
  for (const { ref } of changes) {
    if (seen.has(ref)) continue;
    seen.add(ref);
    yield ref;
  }
}
