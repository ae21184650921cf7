import * as v from "valibot";
import type { UserCaller } from "../auth/personal-access-token.ts";
import { changeState, findProjectOfVulnerability, findVulnerability } from "../db/vulnerabilities.ts";
import { invalid, rowNotFound } from "../domain/fault.ts";
import { AccessLevel } from "../domain/identity/access-level.ts";
import { parseRowId } from "../domain/identity/row-id.ts";
import { changeBy, longestComment, type VulnerabilityAction } from "../domain/vulnerabilities/state-change.ts";
import type { AppContext } from "../http/context.ts";
import { optional, text } from "../http/fields.ts";
import { operation, type Operation } from "../http/operation.ts";
import { renderVulnerability, Vulnerability } from "./entities/vulnerability.ts";
import { lookAt, requireLevel, type SeenProject } from "./places.ts";

const tags = ["provisioning"];

/** GET /vulnerabilities/:id, for developers of its project (contract provisioning 11.1). */
const showVulnerability = operation({
  method: "GET",
  path: "/vulnerabilities/:id",
  summary: "A vulnerability",
  tags,
  caller: "user",
  params: v.object({ id: text() }),
  answers: { 200: { description: "The vulnerability", schema: Vulnerability } },
  faults: [404],
  async handle(c, params) {
    const { id, ...project } = await seeVulnerability(c, c.var.caller, params.id, AccessLevel.developer);
    const record = await findVulnerability(c.var.db, id);
    if (record === null) throw rowNotFound();
    return c.json(renderVulnerability(record, project));
  },
});

const Named = v.object({ id: text() });
const NamedWithComment = v.object({ ...Named.entries, comment: optional(text()) });

/** The calls on a vulnerability by itself, wherever it was found. */
export const vulnerabilities: readonly Operation[] = [
  showVulnerability,
  changeOf("confirm", "A vulnerability is there indeed"),
  changeOf("dismiss", "A vulnerability is none, or does not matter"),
  changeOf("resolve", "A vulnerability is no more"),
  changeOf("revert", "A vulnerability is as it was when it was detected"),
];

/**
 * POST /vulnerabilities/:id/{confirm,dismiss,resolve,revert}, for maintainers of its project. 304 without a body where it
 * is in that state already. Since when it is in a state is said of the state that it is in, and of no other; so is the
 * `comment` with which it was dismissed. 400 by field for a comment that is too long.
 */
function changeOf(action: VulnerabilityAction, summary: string): Operation {
  return operation({
    method: "POST",
    path: `/vulnerabilities/:id/${action}`,
    summary,
    tags,
    caller: "user",
    params: action === "dismiss" ? NamedWithComment : Named,
    answers: { 201: { description: "The vulnerability", schema: Vulnerability }, 304: { description: "It is in that state already" } },
    faults: [404],
    async handle(c, params: v.InferOutput<typeof Named> & { comment?: string | undefined }) {
      const { id, ...project } = await seeVulnerability(c, c.var.caller, params.id, AccessLevel.maintainer);
      const { comment = null } = params;
      if (comment !== null && Array.from(comment).length > longestComment) throw invalid({ comment: [tooLong] });
      const changed = await changeState(c.var.db, id, changeBy(action, comment, c.var.now), c.var.now);
      if (changed === null) throw rowNotFound();
      return changed.hasChanged ? c.json(renderVulnerability(changed.record, project), 201) : c.body(null, 304);
    },
  });
}

const tooLong = `is too long (maximum is ${longestComment} characters)`;

/** The project of a vulnerability. To whoever may not see it there is no such vulnerability; 403 below the level. */
async function seeVulnerability(c: AppContext, caller: UserCaller, segment: string, level: number): Promise<SeenProject & { id: number }> {
  const { db, now } = c.var;
  const id = parseRowId(segment);
  const record = id === null ? null : await findProjectOfVulnerability(db, id);
  const seen = record === null ? null : await lookAt(db, caller, record, now);
  if (id === null || seen === null) throw rowNotFound();
  requireLevel(seen, level);
  return { ...seen, id };
}
