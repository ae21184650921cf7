import * as v from "valibot";
import { findHook, type HookPlace, type HookRow } from "../db/hooks.ts";
import { rowNotFound } from "../domain/fault.ts";
import type { HookKind } from "../domain/hooks/hook.ts";
import { AccessLevel } from "../domain/identity/access-level.ts";
import { parseRowId } from "../domain/identity/row-id.ts";
import { text } from "../http/fields.ts";
import type { OperationContext } from "../http/operation.ts";
import { requireLevel, seeGroup, seeProject } from "./places.ts";

/** What differs between the calls on hooks of projects, of groups and of the instance (contract provisioning 13). */
export interface HookSource {
  kind: HookKind;
  /** Before `/hooks`. */
  path: "/projects/:id" | "/groups/:id" | "";
  /** The parameters in `path`. */
  segments: v.ObjectEntries;
  requires: { requires?: "admin" };
  /** Statuses of faults of every GET, and of every other call. */
  faults: { read: readonly number[]; write: readonly number[] };
  /** Whose hooks they are. 404 where there is none for this caller, 403 for who may not manage its hooks. */
  manage(c: OperationContext<"user">): Promise<HookPlace>;
}

export const projectHookSource: HookSource = {
  kind: "project",
  path: "/projects/:id",
  segments: { id: text() },
  requires: {},
  faults: { read: [301, 404], write: [404, 405] },
  async manage(c) {
    const seen = await seeProject(c, c.var.caller, c.req.param("id") ?? "");
    requireLevel(seen, AccessLevel.maintainer);
    return { kind: "project", projectId: seen.project.id };
  },
};

export const groupHookSource: HookSource = {
  kind: "group",
  path: "/groups/:id",
  segments: { id: text() },
  requires: {},
  faults: { read: [404], write: [404] },
  async manage(c) {
    const seen = await seeGroup(c, c.var.caller, c.req.param("id") ?? "");
    requireLevel(seen, AccessLevel.owner);
    return { kind: "group", namespaceId: seen.namespace.id };
  },
};

export const systemHookSource: HookSource = {
  kind: "system",
  path: "",
  segments: {},
  requires: { requires: "admin" },
  faults: { read: [404], write: [404] },
  manage: () => Promise.resolve({ kind: "system" }),
};

/** The hook that `:hook_id` names, with its place. */
export async function manageHook(c: OperationContext<"user">, source: HookSource): Promise<{ place: HookPlace; hook: HookRow }> {
  const place = await source.manage(c);
  const id = parseRowId(c.req.param("hook_id") ?? "");
  const hook = id === null ? null : await findHook(c.var.db, place, id);
  if (hook === null) throw rowNotFound();
  return { place, hook };
}
