import * as v from "valibot";
import { repositoryObject, unpackPush } from "../../counter/client.ts";
import {
  deleteDeadLetter,
  findDeadLetter,
  listDeadLetters,
  markReplayed,
  type DeadLetterRow,
  type DeadLetterSummary,
} from "../../db/dead-letters.ts";
import { rowNotFound, unprocessable } from "../../domain/fault.ts";
import { parseRowId } from "../../domain/identity/row-id.ts";
import type { AppContext } from "../../http/context.ts";
import { optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";
import { readJob, type Job } from "../../queue/messages.ts";
import { Accepted, accepted } from "../entities/accepted.ts";
import { askObject } from "./ask-object.ts";

const DeadLetter = v.object({
  id: v.number(),
  /** Of the job; null where the message could not be read. */
  kind: v.nullable(v.string()),
  version: v.nullable(v.number()),
  attempts: v.number(),
  /** What went wrong the last time. */
  error: v.string(),
  created_at: v.string(),
  replayed_at: v.nullable(v.string()),
});
const DeadLetterDetail = v.object({
  ...DeadLetter.entries,
  /** The message; of a push with the push itself, whose `changes` may be cut to their first lines. */
  body: v.unknown(),
});

const named = v.object({ id: text() });

/** GET /operator/dead_letters: jobs that failed until nobody tried them any more, newest first (contract push 12). */
export const listLetters = operation({
  method: "GET",
  path: "/operator/dead_letters",
  summary: "Jobs that were given up",
  tags: ["operator"],
  caller: "user",
  requires: "admin",
  params: v.object({ ...pageFields, kind: optional(v.pipe(text(), v.maxLength(255))) }),
  answers: { 200: { description: "Dead letters, newest first", schema: v.array(DeadLetter) } },
  async handle(c, params) {
    const page = pageOf(params);
    const { rows, total } = await listDeadLetters(c.var.db, params.kind, page);
    return respondPage(c, rows.map(renderDeadLetter), page, total);
  },
});

export const readLetter = operation({
  method: "GET",
  path: "/operator/dead_letters/:id",
  summary: "A job that was given up",
  tags: ["operator"],
  caller: "user",
  requires: "admin",
  params: named,
  answers: { 200: { description: "The dead letter with its message", schema: DeadLetterDetail } },
  faults: [404, 503],
  async handle(c, params) {
    const letter = await seeLetter(c, params.id);
    return c.json({ ...renderDeadLetter(letter), body: await bodyOf(c, letter) });
  },
});

/**
 * POST /operator/dead_letters/:id/replay: the job is to be done again. What it did before it failed is not done twice,
 * however often this is asked for. 422 for a message that nobody can read.
 */
export const replayLetter = operation({
  method: "POST",
  path: "/operator/dead_letters/:id/replay",
  summary: "Has a job done again that was given up",
  tags: ["operator"],
  caller: "user",
  requires: "admin",
  params: named,
  answers: { 202: { description: "It will be done", schema: Accepted } },
  faults: [404, 422, 503],
  async handle(c, params) {
    const letter = await seeLetter(c, params.id);
    const job = readJob(JSON.parse(letter.body));
    if (job === null) throw unprocessable("The message is of no known kind and cannot be replayed.");
    await askObject(letter.key, () => replay(c.env, job));
    await markReplayed(c.var.db, letter.id, c.var.now);
    return c.json(accepted, 202);
  },
});

/** DELETE /operator/dead_letters/:id: the job will never be done. */
export const deleteLetter = operation({
  method: "DELETE",
  path: "/operator/dead_letters/:id",
  summary: "Forgets a job that was given up",
  tags: ["operator"],
  caller: "user",
  requires: "admin",
  params: named,
  answers: { 204: { description: "Forgotten" } },
  faults: [404, 503],
  async handle(c, params) {
    const letter = await seeLetter(c, params.id);
    const job = readJob(JSON.parse(letter.body));
    if (job?.kind === "push") await askObject(letter.key, () => repositoryObject(c.env, job.gl_repository).discard(job.push_id));
    await deleteDeadLetter(c.var.db, letter.id);
    return c.body(null, 204);
  },
});

async function seeLetter(c: AppContext, segment: string): Promise<DeadLetterRow> {
  const id = parseRowId(segment);
  const letter = id === null ? null : await findDeadLetter(c.var.db, id);
  if (letter === null) throw rowNotFound();
  return letter;
}

/** A push goes back to its repository's line, which announces it itself. */
async function replay(env: Env, job: Job): Promise<void> {
  if (job.kind === "push") await repositoryObject(env, job.gl_repository).replay(job.push_id);
  else await env.JOBS.send(job);
}

async function bodyOf(c: AppContext, letter: DeadLetterRow): Promise<unknown> {
  const body: unknown = JSON.parse(letter.body);
  const job = readJob(body);
  if (job?.kind !== "push") return body;
  const buried = await askObject(letter.key, () => repositoryObject(c.env, job.gl_repository).inspect(job.push_id));
  if (buried === null) return body;
  const { identifier, options, changes, acceptedAt } = unpackPush(buried.push);
  return {
    ...job,
    push: {
      identifier,
      changes: firstLines(changes),
      changes_length: changes.length,
      push_options: options,
      accepted_at: new Date(acceptedAt).toISOString(),
    },
  };
}

/** So much of a push is shown. */
const shownLength = 100_000;

function firstLines(changes: string): string {
  return changes.length <= shownLength ? changes : changes.slice(0, changes.lastIndexOf("\n", shownLength) + 1);
}

function renderDeadLetter(row: DeadLetterSummary): v.InferOutput<typeof DeadLetter> {
  const { id, kind, version, attempts, error } = row;
  return {
    id,
    kind,
    version,
    attempts,
    error,
    created_at: row.createdAt.toISOString(),
    replayed_at: row.replayedAt?.toISOString() ?? null,
  };
}
