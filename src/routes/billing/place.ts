import { findNamespace, type NamespaceRecord } from "../../db/project-records.ts";
import { notFound } from "../../domain/fault.ts";
import type { AppContext } from "../../http/context.ts";

/** The group or personal namespace that `:id` names, by id or full path, for whom nothing is hidden; 404 where there is none. */
export async function findBilledNamespace(c: AppContext, idOrPath: string): Promise<NamespaceRecord> {
  const record = await findNamespace(c.var.db, idOrPath);
  if (record === null) throw notFound("Namespace");
  return record;
}
