import * as v from "valibot";
import {
  createBroadcastMessage,
  deleteBroadcastMessage,
  findBroadcastMessage,
  listBroadcastMessages,
  updateBroadcastMessage,
  type BroadcastMessageRow,
} from "../db/broadcast-messages.ts";
import { invalid, rowNotFound } from "../domain/fault.ts";
import { broadcastErrors } from "../domain/push/broadcast-checks.ts";
import { broadcastThemes, broadcastTypes } from "../domain/push/broadcast.ts";
import type { AppContext } from "../http/context.ts";
import { boolean, instant, list, oneOf, oneOfNumbers, optional, text } from "../http/fields.ts";
import { operation } from "../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../http/pagination.ts";
import { requireUnmodified } from "../http/preconditions.ts";
import { BroadcastMessage, renderBroadcastMessage } from "./entities/broadcast-message.ts";

const fields = {
  starts_at: optional(instant()),
  ends_at: optional(instant()),
  font: optional(text()),
  color: optional(text()),
  target_access_levels: optional(list(oneOfNumbers([10, 15, 20, 30, 40, 50]))),
  target_path: optional(text()),
  broadcast_type: optional(oneOf(broadcastTypes)),
  dismissable: optional(boolean()),
  show_in_cli: optional(boolean()),
  theme: optional(oneOf(broadcastThemes)),
};

const Change = v.object({ id: text(), message: optional(text()), ...fields });
type Fields = Partial<Omit<v.InferOutput<typeof Change>, "id">>;

const hour = 3_600_000;

const tags = ["provisioning"];

/** GET /broadcast_messages: what everybody is told, was told and will be, newest first; public (contract provisioning 14). */
const findMessages = operation({
  method: "GET",
  path: "/broadcast_messages",
  summary: "The broadcast messages",
  tags,
  caller: "anyone",
  params: v.object(pageFields),
  answers: { 200: { description: "The messages, newest first", schema: v.array(BroadcastMessage) } },
  faults: [405],
  async handle(c, params) {
    const page = pageOf(params);
    const { rows, total } = await listBroadcastMessages(c.var.db, page);
    const messages = rows.map((row) => renderBroadcastMessage(row, c.var.now));
    return respondPage(c, messages, page, total);
  },
});

/** GET /broadcast_messages/:id: public. */
const showMessage = operation({
  method: "GET",
  path: "/broadcast_messages/:id",
  summary: "A broadcast message",
  tags,
  caller: "anyone",
  params: v.object({ id: text() }),
  answers: { 200: { description: "The message", schema: BroadcastMessage } },
  faults: [404],
  async handle(c, params) {
    return c.json(renderBroadcastMessage(await findOrRefuse(c, params.id), c.var.now));
  },
});

/**
 * POST /broadcast_messages: tells everybody something, for an hour where no end is given. Active banners are shown at the
 * end of pushes (contract push 3.4), unless `show_in_cli` is off. 400 by field for texts that cannot be.
 */
const addMessage = operation({
  method: "POST",
  path: "/broadcast_messages",
  summary: "Add a broadcast message",
  tags,
  caller: "user",
  requires: "admin",
  params: v.object({ message: text(), ...fields }),
  answers: { 201: { description: "The message", schema: BroadcastMessage } },
  async handle(c, params) {
    const { db, now } = c.var;
    const columns = columnsOf(params);
    const startsAt = columns.startsAt ?? now;
    const endsAt = columns.endsAt ?? new Date(startsAt.getTime() + hour);
    const font = columns.font ?? "#FFFFFF";
    const values = { ...columns, message: params.message, startsAt, endsAt, font, createdAt: now, updatedAt: now };
    return c.json(renderBroadcastMessage(await createBroadcastMessage(db, values), now), 201);
  },
});

/** PUT /broadcast_messages/:id: changes what is given. */
const editMessage = operation({
  method: "PUT",
  path: "/broadcast_messages/:id",
  summary: "Change a broadcast message",
  tags,
  caller: "user",
  requires: "admin",
  params: Change,
  answers: { 200: { description: "The message", schema: BroadcastMessage } },
  faults: [404],
  async handle(c, params) {
    const { db, now } = c.var;
    const { id } = await findOrRefuse(c, params.id);
    const row = await updateBroadcastMessage(db, id, { ...columnsOf(params), updatedAt: now });
    if (row === null) throw rowNotFound();
    return c.json(renderBroadcastMessage(row, now));
  },
});

/** DELETE /broadcast_messages/:id */
const removeMessage = operation({
  method: "DELETE",
  path: "/broadcast_messages/:id",
  summary: "Delete a broadcast message",
  tags,
  caller: "user",
  requires: "admin",
  params: v.object({ id: text() }),
  answers: { 204: { description: "Deleted" } },
  faults: [404, 412],
  async handle(c, params) {
    const { id, updatedAt } = await findOrRefuse(c, params.id);
    requireUnmodified(c, updatedAt);
    if (!(await deleteBroadcastMessage(c.var.db, id))) throw rowNotFound();
    return c.body(null, 204);
  },
});

async function findOrRefuse(c: AppContext, segment: string): Promise<BroadcastMessageRow> {
  const row = await findBroadcastMessage(c.var.db, segment);
  if (row === null) throw rowNotFound();
  return row;
}

/** What is given, as columns. */
function columnsOf(params: Fields) {
  const errors = broadcastErrors(params);
  if (Object.keys(errors).length > 0) throw invalid(errors);
  return {
    message: params.message,
    startsAt: params.starts_at ?? undefined,
    endsAt: params.ends_at ?? undefined,
    font: params.font,
    color: params.color,
    targetAccessLevels: params.target_access_levels,
    targetPath: params.target_path,
    broadcastType: params.broadcast_type,
    isDismissable: params.dismissable,
    showsInCli: params.show_in_cli,
    theme: params.theme,
  };
}

export const broadcastMessages = [findMessages, showMessage, addMessage, editMessage, removeMessage];
