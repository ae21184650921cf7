import * as v from "valibot";
import type { EventRecord } from "../../db/event-list.ts";
import { ghost } from "../../domain/identity/actor.ts";
import type { PushAction } from "../../domain/push/push-event.ts";
import { renderUserBasic, UserBasic } from "./user.ts";

const PushData = v.object({
  commit_count: v.number(),
  action: v.string(),
  ref_type: v.string(),
  commit_from: v.nullable(v.string()),
  commit_to: v.nullable(v.string()),
  ref: v.nullable(v.string()),
  commit_title: v.nullable(v.string()),
  ref_count: v.nullable(v.number()),
});

/** Something that happened in a project: a push (contract push 12). */
export const Event = v.object({
  id: v.number(),
  project_id: v.number(),
  action_name: v.string(),
  target_id: v.null(),
  target_iid: v.null(),
  target_type: v.null(),
  author_id: v.number(),
  target_title: v.null(),
  created_at: v.string(),
  author: UserBasic,
  push_data: PushData,
  author_username: v.string(),
});

const actionNames: Record<PushAction, string> = { created: "pushed new", removed: "deleted", pushed: "pushed to" };

/** In place of an account that is gone. */
const nobody = { ...ghost, state: "active", isLocked: false } as const;

/** `base`: the external URL. */
export function renderEvent(event: EventRecord, base: string): v.InferOutput<typeof Event> {
  const author = event.author ?? nobody;
  return {
    id: event.id,
    project_id: event.projectId,
    action_name: actionNames[event.action],
    target_id: null,
    target_iid: null,
    target_type: null,
    author_id: author.id,
    target_title: null,
    created_at: event.createdAt.toISOString(),
    author: renderUserBasic(author, base),
    push_data: {
      commit_count: event.commitCount,
      action: event.action,
      ref_type: event.refType,
      commit_from: event.commitFrom,
      commit_to: event.commitTo,
      ref: event.ref,
      commit_title: event.commitTitle,
      ref_count: event.refCount,
    },
    author_username: author.username,
  };
}
