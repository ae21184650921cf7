import { markRepositoryPushed } from "../../db/git-refs.ts";
import { takeStoredMessages } from "../../db/facts/report-facts.ts";
import { loadOpenMergeRequests } from "../../db/open-merge-requests.ts";
import { dayOf } from "../../domain/identity/access-level.ts";
import { formatGlRepository } from "../../domain/identity/gl-repository.ts";
import { firstPush } from "../../domain/push/first-push.ts";
import { mergeRequestLinks, type OpenMergeRequest } from "../../domain/push/merge-request-links.ts";
import { bannerFor, describeOptionErrors, orderMessages, reconciliationAlert, type PushMessage } from "../../domain/push/messages.ts";
import type { PushReport } from "../../domain/push/push-report.ts";
import { refChanges } from "../../domain/push/ref-changes.ts";
import type { ReportFacts } from "../../domain/push/report-facts.ts";
import { externalUrl, type AppContext } from "../../http/context.ts";
import { describeFailure } from "../../http/errors.ts";
import { log } from "../../http/log.ts";
import { handleMergeRequestOptions } from "./merge-request-options.ts";

/**
 * What is still to be done while the pusher waits, and what they are told of it (contract push 3.2, steps 5 to 8). The
 * push is taken on already: a step that fails costs its own message and nothing else.
 */
export async function tellPusher(c: AppContext, report: PushReport, facts: ReportFacts): Promise<PushMessage[]> {
  const attempt = async <T>(step: string, fallback: T, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      log.error("post_receive:step-failed", { request_id: c.var.requestId, step, description: describeFailure(error) });
      return fallback;
    }
  };
  const [options, stored] = await Promise.all([
    attempt("push_options", { errors: [], open: facts.openMergeRequests }, () => followOptions(c, report, facts)),
    attempt("stored_messages", [], () => takeStored(c, report, facts)),
    attempt("first_push", undefined, () => keepFirstPush(c, report, facts)),
  ]);
  return orderMessages({
    banner: bannerFor(facts, dayOf(c.var.now)),
    reconciliation: reconciliationAlert(facts, dayOf(c.var.now)),
    optionAlert: describeOptionErrors(report.rawOptions, options.errors),
    mergeRequestLinks: linksFor(c, report, facts, options.open),
    stored,
  });
}

interface OptionsFollowed {
  errors: string[];
  /** With those that the options have just opened. */
  open: OpenMergeRequest[];
}

async function followOptions(c: AppContext, report: PushReport, facts: ReportFacts): Promise<OptionsFollowed> {
  const { project, user, hasRepository, openMergeRequests } = facts;
  if (report.options["merge_request"] === undefined || !hasRepository) return { errors: [], open: openMergeRequests };
  const errors = await handleMergeRequestOptions(c.var.db, {
    repositoryType: report.repository.type,
    projectId: project?.id ?? null,
    user,
    changes: refChanges(report.changes),
    defaultBranchBefore: project?.defaultBranch ?? "",
    options: report.options,
    now: c.var.now,
  });
  const open = project === null ? [] : await loadOpenMergeRequests(c.var.db, project.id, refChanges(report.changes));
  return { errors, open };
}

/** Only what is there is taken: a push with nothing stored for it asks no second time. */
async function takeStored(c: AppContext, report: PushReport, facts: ReportFacts): Promise<string[]> {
  const { user, hasMessages, hasRepository } = facts;
  if (!hasMessages || !hasRepository || user === null || user.id === null) return [];
  return takeStoredMessages(c.var.db, user.id, formatGlRepository(report.repository), c.var.now);
}

/** What the next question about this repository has to know, and the job would say too late. */
async function keepFirstPush(c: AppContext, report: PushReport, { project }: ReportFacts): Promise<void> {
  if (project === null || report.repository.type !== "project") return;
  const first = firstPush(project, refChanges(report.changes));
  if (first !== null) await markRepositoryPushed(c.var.db, project.id, first.defaultBranch, c.var.now);
}

/** The repository is not empty where a branch has just been pushed to it, and all others get no link. */
function linksFor(c: AppContext, report: PushReport, { project }: ReportFacts, open: readonly OpenMergeRequest[]): string[] {
  if (project === null || report.repository.type !== "project") return [];
  return mergeRequestLinks({ ...project, isRepositoryEmpty: false }, refChanges(report.changes), open, externalUrl(c));
}
