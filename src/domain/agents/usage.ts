/** What kas counts, of all times and versions (contract kas 5, clients 5.2). */
export const counterNames = [
  "gitops_sync",
  "k8s_api_proxy_request",
  "flux_git_push_notifications_total",
  "k8s_api_proxy_requests_via_ci_access",
  "k8s_api_proxy_requests_via_user_access",
  "k8s_api_proxy_requests_via_pat_access",
] as const;
export type CounterName = (typeof counterNames)[number];

/** The users whose requests agents passed on, which kas tells one by one too. */
export const uniqueUserNames = [
  "k8s_api_proxy_requests_unique_users_via_ci_access",
  "k8s_api_proxy_requests_unique_users_via_user_access",
  "k8s_api_proxy_requests_unique_users_via_pat_access",
] as const;
export type UniqueUserName = (typeof uniqueUserNames)[number];

/** Whom kas counts once, however often: by the ids of users, agents or projects. */
export const uniqueCounterNames = [
  "agent_users_using_ci_tunnel",
  "flux_git_push_notified_unique_projects",
  ...uniqueUserNames,
  "k8s_api_proxy_requests_unique_agents_via_ci_access",
  "k8s_api_proxy_requests_unique_agents_via_user_access",
  "k8s_api_proxy_requests_unique_agents_via_pat_access",
] as const;
export type UniqueCounterName = (typeof uniqueCounterNames)[number];

/** Where a counter stays: the largest number that every reader of JSON takes for what it is. */
export const mostCounted = Number.MAX_SAFE_INTEGER;

/** How many ids one report may hold, all its lists together. kas sends again what it could not deliver, summed, so they are many. */
const mostIds = 100_000;

type Counts = Partial<Record<CounterName, number | undefined>>;
type UniqueCounts = Partial<Record<UniqueCounterName, ReadonlySet<number> | undefined>>;

/** A report as it comes: the flat form of kas until 15.3, or the one of counters by their names. */
export interface UsageReport {
  gitops_sync_count?: number | undefined;
  k8s_api_proxy_request_count?: number | undefined;
  counters?: Counts | undefined;
  unique_counters?: UniqueCounts | undefined;
}

/** The names of the flat form that a report gives beside `counters`, which excludes them. */
export function flatNamesBesideCounters(report: UsageReport): string[] {
  if (report.counters === undefined) return [];
  return (["gitops_sync_count", "k8s_api_proxy_request_count"] as const).filter((name) => report[name] !== undefined);
}

/** What a report adds to the counters, whichever its form; those that it does not name are not there. */
export function countsOf({
  gitops_sync_count: syncs,
  k8s_api_proxy_request_count: requests,
  counters,
}: UsageReport): Map<CounterName, number> {
  const counts = { gitops_sync: syncs, k8s_api_proxy_request: requests, ...counters };
  return new Map(counterNames.flatMap((name) => (counts[name] === undefined ? [] : [[name, counts[name]] as const])));
}

/** The first counter that a report would lower: nothing of the report counts then. */
export function findNegative(counts: ReadonlyMap<CounterName, number>): CounterName | null {
  return [...counts].find(([, count]) => count < 0)?.[0] ?? null;
}

/** The ids that a report tells, by counter. */
export function uniqueIdsOf({ unique_counters: unique = {} }: UsageReport): Map<UniqueCounterName, ReadonlySet<number>> {
  return new Map(uniqueCounterNames.flatMap((name) => (unique[name] === undefined ? [] : [[name, unique[name]] as const])));
}

/** The unique counter with whose ids a report becomes larger than one may be; null where none does. */
export function findOverfull(ids: ReadonlyMap<UniqueCounterName, ReadonlySet<number>>): UniqueCounterName | null {
  let total = 0;
  for (const [name, { size }] of ids) {
    total += size;
    if (total > mostIds) return name;
  }
  return null;
}
