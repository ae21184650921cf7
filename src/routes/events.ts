import * as v from "valibot";
import type { UserCaller } from "../auth/personal-access-token.ts";
import { listProjectEvents, listUserEvents, type EventFilter, type EventRecord } from "../db/event-list.ts";
import type { ListPage, PageRange } from "../db/page.ts";
import { dayMilliseconds } from "../domain/day.ts";
import { forbidden } from "../domain/fault.ts";
import { dayOf } from "../domain/identity/access-level.ts";
import { externalUrl, type AppContext } from "../http/context.ts";
import { day, oneOf, optional, text } from "../http/fields.ts";
import { operation } from "../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../http/pagination.ts";
import { Event, renderEvent } from "./entities/event.ts";
import { seeProject } from "./places.ts";
import { readsCode } from "./projects/repository/see-code.ts";
import { findNamed } from "./users/find.ts";
import { userReadScopes } from "./users/params.ts";

/** The words that GitLab has for what happens, and to what; pushes are `pushed`, and have no target. */
const actions = [
  "approved",
  "closed",
  "commented",
  "created",
  "destroyed",
  "expired",
  "joined",
  "left",
  "merged",
  "pushed",
  "reopened",
  "updated",
] as const;
const targetTypes = ["design", "epic", "issue", "merge_request", "milestone", "note", "project", "snippet", "user", "wiki"] as const;

const fields = {
  action: optional(oneOf(actions)),
  target_type: optional(oneOf(targetTypes)),
  before: optional(day()),
  after: optional(day()),
  sort: optional(oneOf(["asc", "desc"])),
  ...pageFields,
};

const InProject = v.object({ id: text(), ...fields });
const Own = v.object(fields);
type Params = v.InferOutput<typeof Own>;

const tags = ["provisioning"];
const answers = { 200: { description: "The events, newest first", schema: v.array(Event) } };

/**
 * GET /projects/:id/events: what was pushed to a project (contract push 12). Who sees the project and not its code sees
 * none of it, as in GitLab: an event names branches and commits.
 */
export const findProjectEvents = operation({
  method: "GET",
  path: "/projects/:id/events",
  summary: "What happened in a project",
  tags,
  caller: "anyone",
  params: InProject,
  answers,
  faults: [301, 404, 405],
  async handle(c, params) {
    const seen = await seeProject(c, c.var.caller, params.id);
    const isForCaller = readsCode(seen, c.var.caller);
    return respondEvents(c, params, async (filter, page) =>
      isForCaller ? listProjectEvents(c.var.db, seen.project.id, filter, page) : { rows: [], total: 0 },
    );
  },
});

/**
 * GET /users/:id/events: what a user pushed, to projects that they may still see. Everybody reads their own, and
 * administrators anybody's: 403 for others.
 */
export const findUserEvents = operation({
  method: "GET",
  path: "/users/:id/events",
  summary: "What a user did",
  tags,
  caller: "user",
  scopes: userReadScopes,
  params: InProject,
  answers,
  faults: [404, 405],
  async handle(c, params) {
    const { caller } = c.var;
    const user = await findNamed(c.var.db, params.id);
    if (user.id !== caller.user.id && !caller.isAdmin) throw forbidden();
    return respondUserEvents(c, caller, user.id, params);
  },
});

/** GET /events: what the caller pushed. */
export const findOwnEvents = operation({
  method: "GET",
  path: "/events",
  summary: "What the caller did",
  tags,
  caller: "user",
  params: Own,
  answers,
  faults: [405],
  handle(c, params) {
    return respondUserEvents(c, c.var.caller, c.var.caller.user.id, params);
  },
});

function respondUserEvents(c: AppContext, reader: UserCaller, userId: number, params: Params): Promise<Response> {
  const reading = { reader, today: dayOf(c.var.now) };
  return respondEvents(c, params, (filter, page) => listUserEvents(c.var.db, userId, filter, reading, page));
}

async function respondEvents(
  c: AppContext,
  params: Params,
  read: (filter: EventFilter, page: PageRange) => Promise<ListPage<EventRecord>>,
): Promise<Response> {
  const page = pageOf(params);
  const hasPushes = (params.action ?? "pushed") === "pushed" && params.target_type === undefined;
  const { rows, total } = hasPushes ? await read(filterOf(params), page) : { rows: [], total: 0 };
  const base = externalUrl(c);
  const events = rows.map((row) => renderEvent(row, base));
  return respondPage(c, events, page, total);
}

/** `before` and `after` leave their own day out. */
function filterOf({ before, after, sort }: Params): EventFilter {
  return {
    since: after ? midnightOf(after, 1) : undefined,
    until: before ? midnightOf(before, 0) : undefined,
    isAscending: sort === "asc",
  };
}

function midnightOf(date: string, daysLater: number): Date {
  return new Date(Date.parse(`${date}T00:00:00Z`) + daysLater * dayMilliseconds);
}

export const events = [findProjectEvents, findUserEvents, findOwnEvents];
