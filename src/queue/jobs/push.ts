import { runBatch } from "../../db/batch.ts";
import { openDb, type Db } from "../../db/client.ts";
import { loadPushedFacts } from "../../db/facts/pushed-facts.ts";
import { findRevisions } from "../../db/git-refs.ts";
import { recordProjectActivity } from "../../db/push-events.ts";
import { recordSnippetPush } from "../../db/snippets.ts";
import { parseGlRepository } from "../../domain/identity/gl-repository.ts";
import type { AcceptedPush } from "../../domain/push/accepted-push.ts";
import { firstPush } from "../../domain/push/first-push.ts";
import { overtakenRefs } from "../../domain/push/overtaken.ts";
import type { PushedProject, PushedRepository, PushedSnippet } from "../../domain/push/pushed-facts.ts";
import { refChanges, type PushedRef } from "../../domain/push/ref-changes.ts";
import { log } from "../../http/log.ts";
import { processProjectPush } from "./project-push.ts";
import type { PushRun } from "./push-run.ts";

/**
 * What an accepted push gives rise to (contract push 7 and 8): stored refs, the default branch and its rule, events,
 * merge requests, and what web hooks are told. Throws where something fails, and is called again then; all that it writes
 * is keyed by the push, so that it is written once. `superseded`: full names of refs that later pushes have changed, which
 * were processed before this one. Of a push to designs nothing is kept.
 *
 * Whoever pushed, the refs have moved: of a push by nobody that is known, the stored refs and the default branch with its
 * rule follow all the same, and nothing else happens.
 */
export async function processPush(
  env: Env,
  push: AcceptedPush,
  work: { superseded: ReadonlySet<string>; checkTime: () => void },
): Promise<void> {
  const db = openDb(env.DB);
  const repository = parseGlRepository(push.glRepository);
  const facts = repository === null ? null : await loadPushedFacts(db, { id: push.id, repository, identifier: push.identifier });
  if (facts === null || facts.repository === null) return report(push, "unknown-repository", `gl_repository "${push.glRepository}"`);
  if (facts.pusher === null) report(push, "unknown-user", `user "${push.identifier}"`);
  const changes = () => refChanges(push.changes);
  const overtaken = push.isLate === true ? await findOvertaken(db, facts.repository, changes) : [];
  const leftAlone = new Set([...work.superseded, ...overtaken]);
  const run: PushRun = {
    env,
    db,
    push,
    facts,
    changes,
    current: () => without(changes(), leftAlone),
    acceptedAt: new Date(push.acceptedAt),
    now: new Date(),
    checkTime: work.checkTime,
  };
  if (facts.repository.type === "project") await processProjectPush(run, facts.repository.project);
  else if (facts.repository.type === "snippet") await processSnippetPush(run, facts.repository.snippet);
  else if (facts.repository.type === "wiki") await processWikiPush(run, facts.repository.project);
}

/** A push that comes late is held against what is stored; it fitted in a message, and so has few refs. */
async function findOvertaken(db: Db, repository: PushedRepository, changes: () => Iterable<PushedRef>): Promise<Iterable<string>> {
  if (repository.type !== "project") return [];
  const names = new Set(Array.from(changes(), ({ ref }) => ref));
  return overtakenRefs(changes(), await findRevisions(db, repository.project.id, [...names]));
}

function report(push: AcceptedPush, event: string, what: string): void {
  const message = `POST-RECEIVE: Triggered hook for non-existing ${what}`;
  log.error(`push:${event}`, { push_id: push.id, message });
}

function* without(changes: Iterable<PushedRef>, superseded: ReadonlySet<string>): Generator<PushedRef> {
  for (const change of changes) if (!superseded.has(change.ref)) yield change;
}

/** A snippet counts as changed, whatever was pushed to it. */
async function processSnippetPush({ db, facts, current, acceptedAt, checkTime }: PushRun, snippet: PushedSnippet): Promise<void> {
  const defaultBranch = snippet.defaultBranch ?? facts.settings.default_branch_name ?? "main";
  const first = firstPush({ isRepositoryEmpty: snippet.isRepositoryEmpty, defaultBranch }, current());
  checkTime();
  await recordSnippetPush(db, snippet.id, {
    defaultBranch: first?.defaultBranch ?? null,
    changedAt: facts.pusher === null ? null : acceptedAt,
  });
}

/** A push to a wiki is activity in its project. */
async function processWikiPush({ db, facts, acceptedAt, checkTime }: PushRun, project: PushedProject): Promise<void> {
  if (facts.pusher === null) return;
  checkTime();
  await runBatch(db, [recordProjectActivity(db, project.id, acceptedAt)]);
}
