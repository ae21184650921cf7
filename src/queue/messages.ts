import * as v from "valibot";

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
/** How clients reach this instance, as whoever gave rise to the job saw it. */
const urls = v.object({ ssh: v.string(), http: v.string(), external: v.string() });

/** The next push in this repository's line is to be processed; the push itself waits in the repository's object. */
const Push = v.object({
  kind: v.literal("push"),
  version: v.literal(1),
  gl_repository: v.string(),
  push_id: v.string(),
});

/** A push whose repository's object could not be reached when it was accepted: it is still to be put in line. */
const ParkedPush = v.object({
  kind: v.literal("parked_push"),
  version: v.literal(1),
  push: v.object({
    id: v.string(),
    glRepository: v.string(),
    identifier: v.string(),
    changes: v.string(),
    options: v.record(v.string(), v.record(v.string(), v.union([v.literal(true), v.string(), v.record(v.string(), v.number())]))),
    urls,
    acceptedAt: v.number(),
  }),
});

/** A web hook's delivery is to be sent. */
const DeliverHook = v.object({ kind: v.literal("deliver_hook"), version: v.literal(1), delivery_id: id });

/** Web hooks are to be told of a new alert. */
const AnnounceAlert = v.object({ kind: v.literal("announce_alert"), version: v.literal(1), alert_id: id, urls });

/** Seats are to be counted anew: of one namespace's subscription, or of all on paid plans that come after one and were not since it was asked. */
const RefreshSeats = v.object({
  kind: v.literal("refresh_seats"),
  version: v.literal(1),
  namespace_id: v.nullable(id),
  /** Milliseconds since 1970. */
  asked_at: v.pipe(v.number(), v.safeInteger()),
  /** Of the subscription that was the last; 0: from the first on. */
  after_id: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});

/** What the queue carries. Each is small: bodies are stored, and a job names them. */
export const Job = v.variant("kind", [Push, ParkedPush, DeliverHook, AnnounceAlert, RefreshSeats]);
export type Job = v.InferOutput<typeof Job>;
export type JobOf<Kind extends Job["kind"]> = Extract<Job, { kind: Kind }>;

/** Null for what is none of them. */
export function readJob(body: unknown): Job | null {
  const job = v.safeParse(Job, body);
  return job.success ? job.output : null;
}
