import type { BatchItem } from "drizzle-orm/batch";
import { runInBatches } from "../../db/batches.ts";
import { createDefaultBranchRule } from "../../db/default-branch-rule.ts";
import { followPushedBranches, type FollowedBranch } from "../../db/followed-branches.ts";
import { repositoryEmptied, repositoryPushed, storeRefs, type DifferingRefs } from "../../db/git-refs.ts";
import { recordPushActivity, recordPushEvents } from "../../db/push-events.ts";
import { isBlankRevision, shortNameOf } from "../../domain/git/changes.ts";
import { groupChanges, type ChangeGroup } from "../../domain/push/change-groups.ts";
import { pushEvents } from "../../domain/push/events.ts";
import type { PushedProject } from "../../domain/push/pushed-facts.ts";
import type { PushedRef } from "../../domain/push/ref-changes.ts";
import { planRepository, type RepositoryPlan } from "../../domain/push/repository-plan.ts";
import { log } from "../../http/log.ts";
import type { PushRun } from "./push-run.ts";
import { tellHooks } from "./push-hooks.ts";

/** A push to a project's code. What it writes first is stored state, then merge requests, then deliveries. */
export async function processProjectPush(run: PushRun, project: PushedProject): Promise<void> {
  const { db, facts, push, checkTime } = run;
  const groups = groupChanges(run.changes());
  const plan = planRepository(project, run.current, facts.settings);
  const counted = await runInBatches<DifferingRefs>(db, writesOf(run, project, groups, plan), checkTime);
  if (facts.pusher !== null && project.hasOpenMergeRequests) {
    checkTime();
    await followPushedBranches(db, { projectId: project.id, branches: branchesOf(run.current()), pushedAt: run.acceptedAt });
  }
  const deliveries = await tellHooks(run, afterPush(project, plan), groups);
  log.info("push:processed", {
    push_id: push.id,
    gl_repository: push.glRepository,
    changes: groups.reduce((sum, group) => sum + group.size, 0),
    differing_refs: counted.reduce((sum, { differing }) => sum + differing, 0),
    deliveries,
    d1_trips: db.meter.trips,
  });
}

/**
 * The rule of the default branch and the push's events are of one round trip: where there are events, a rule that is
 * missing was taken away since.
 */
function* writesOf(
  run: PushRun,
  project: PushedProject,
  groups: readonly ChangeGroup[],
  plan: RepositoryPlan,
): Generator<BatchItem<"sqlite">> {
  if (groups.length === 0) return;
  const { db, facts, acceptedAt } = run;
  if (plan.newRule !== null && facts.recorded.length === 0)
    yield* createDefaultBranchRule(db, project.id, plan.defaultBranch, plan.newRule);
  if (plan.isFirstPush) yield repositoryPushed(db, project.id, plan.defaultBranch, acceptedAt);
  if (facts.pusher !== null) {
    const recorded = { id: run.push.id, projectId: project.id, authorId: facts.pusher.id, acceptedAt };
    yield* recordPushActivity(db, recorded);
    const limit = facts.settings.push_event_activities_limit;
    yield* recordPushEvents(db, recorded, pushEvents(groups, run.changes, limit, facts.recorded));
  }
  yield* storeRefs(db, project.id, run.current());
  if (plan.losesDefaultBranch) yield repositoryEmptied(db, project.id, acceptedAt);
}

function* branchesOf(changes: Iterable<PushedRef>): Generator<FollowedBranch> {
  for (const { type, ref, newrev } of changes) {
    if (type === "branch") yield { name: shortNameOf(ref), newrev: isBlankRevision(newrev) ? null : newrev };
  }
}

/** The project as the push leaves it. */
function afterPush(project: PushedProject, { defaultBranch, newRule }: RepositoryPlan): PushedProject {
  return { ...project, defaultBranch, branchRules: newRule === null ? project.branchRules : [...project.branchRules, defaultBranch] };
}
