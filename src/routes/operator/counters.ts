import * as v from "valibot";
import { repositoryObject } from "../../counter/client.ts";
import { listCounters, recordCounter, type ListedCounter } from "../../db/reference-counters.ts";
import { parseCounterName } from "../../domain/push/push-report.ts";
import { afterAnswer } from "../../http/context.ts";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";
import { seeProject } from "../places.ts";
import { askObject } from "./ask-object.ts";

const Counter = v.object({
  /** As it was received. */
  gl_repository: v.string(),
  /** Pushes in progress. */
  value: v.number(),
  /** When it is forgotten; null where nothing counts. */
  expires_at: v.nullable(v.string()),
});

const named = v.object({ gl_repository: text() });

/** GET /operator/counters: those above 0, as their last step left them (contract push 12). */
export const listReferenceCounters = operation({
  method: "GET",
  path: "/operator/counters",
  summary: "Repositories with pushes in progress",
  tags: ["operator"],
  caller: "user",
  requires: "admin",
  params: v.object(pageFields),
  answers: { 200: { description: "Counters above 0, the ones that expire first first", schema: v.array(Counter) } },
  async handle(c, params) {
    const page = pageOf(params);
    const { rows, total } = await listCounters(c.var.db, c.var.now, page);
    return respondPage(c, rows.map(renderCounter), page, total);
  },
});

/** GET /operator/counters/:gl_repository: asked of the counter itself; one that nobody raised is 0. */
export const readReferenceCounter = operation({
  method: "GET",
  path: "/operator/counters/:gl_repository",
  summary: "How many pushes to a repository are in progress",
  tags: ["operator"],
  caller: "user",
  requires: "admin",
  params: named,
  answers: { 200: { description: "The counter", schema: Counter } },
  faults: [503],
  async handle(c, params) {
    const glRepository = parseCounterName(params.gl_repository);
    const { value, expiresAt } = await askObject(glRepository, () => repositoryObject(c.env, glRepository).value());
    return c.json(renderCounter({ glRepository, value, expiresAt: new Date(expiresAt) }));
  },
});

/** DELETE /operator/counters/:gl_repository: no push counts any more; also where none did. */
export const resetReferenceCounter = operation({
  method: "DELETE",
  path: "/operator/counters/:gl_repository",
  summary: "Sets a repository's count of pushes in progress to 0",
  tags: ["operator"],
  caller: "user",
  requires: "admin",
  params: named,
  answers: { 204: { description: "Reset" } },
  faults: [503],
  async handle(c, params) {
    const glRepository = parseCounterName(params.gl_repository);
    const state = await askObject(glRepository, () => repositoryObject(c.env, glRepository).reset());
    afterAnswer(c, (db) => recordCounter(db, glRepository, state));
    return c.body(null, 204);
  },
});

/** GET /operator/projects/:id/push_in_progress: to its code, wiki or designs, under any of their names (contract push 2). */
export const readPushInProgress = operation({
  method: "GET",
  path: "/operator/projects/:id/push_in_progress",
  summary: "Whether a push to a project is in progress",
  tags: ["operator"],
  caller: "user",
  requires: "admin",
  params: v.object({ id: text() }),
  answers: { 200: { description: "Whether one is", schema: v.object({ push_in_progress: v.boolean() }) } },
  faults: [404, 503],
  async handle(c, params) {
    const { project } = await seeProject(c, c.var.caller, params.id);
    const names = [`project-${project.id}`, `wiki-${project.id}`, `project-${project.id}-wiki`, `design-${project.id}`];
    const counts = await Promise.all(names.map((name) => askObject(name, () => repositoryObject(c.env, name).value())));
    return c.json({ push_in_progress: counts.some(({ value }) => value > 0) });
  },
});

function renderCounter({ glRepository, value, expiresAt }: ListedCounter): v.InferOutput<typeof Counter> {
  return { gl_repository: glRepository, value, expires_at: value === 0 ? null : expiresAt.toISOString() };
}
