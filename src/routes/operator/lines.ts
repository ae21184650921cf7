import * as v from "valibot";
import { repositoryObject, unpackPush } from "../../counter/client.ts";
import type { LineOverview } from "../../counter/push-line.ts";
import { parseCounterName } from "../../domain/push/push-report.ts";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { askObject } from "./ask-object.ts";

const Line = v.object({
  gl_repository: v.string(),
  /** Pushes to be processed, the first one among them. */
  waiting: v.number(),
  /** Pushes that were given up: dead letters. */
  given_up: v.number(),
  /** What the others wait for; null where nothing waits. */
  first: v.nullable(
    v.object({
      push_id: v.string(),
      identifier: v.string(),
      accepted_at: v.string(),
      being_processed: v.boolean(),
      /** How often it was begun. */
      attempts: v.number(),
      /** What went wrong the last time; blank where nothing has. */
      error: v.string(),
    }),
  ),
});

/** GET /operator/lines/:gl_repository: the pushes of a repository that are still to be processed, asked of its object. */
export const readLine = operation({
  method: "GET",
  path: "/operator/lines/:gl_repository",
  summary: "Pushes to a repository that are still to be processed",
  tags: ["operator"],
  caller: "user",
  requires: "admin",
  params: v.object({ gl_repository: text() }),
  answers: { 200: { description: "The line; a repository that nobody pushed to has an empty one", schema: Line } },
  faults: [503],
  async handle(c, params) {
    const glRepository = parseCounterName(params.gl_repository);
    const { waiting, buried, first } = await askObject(glRepository, () => repositoryObject(c.env, glRepository).overview());
    return c.json({
      gl_repository: glRepository,
      waiting,
      given_up: buried,
      first: first === null ? null : renderFirst(first),
    });
  },
});

function renderFirst({ push, attempts, error, isBeingProcessed }: NonNullable<LineOverview["first"]>) {
  const { id, identifier, acceptedAt } = unpackPush(push);
  return {
    push_id: id,
    identifier,
    accepted_at: new Date(acceptedAt).toISOString(),
    being_processed: isBeingProcessed,
    attempts,
    error,
  };
}
