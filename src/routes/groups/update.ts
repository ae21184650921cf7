import * as v from "valibot";
import type { UserCaller } from "../../auth/personal-access-token.ts";
import { isNotNullViolation, isUniqueViolation } from "../../db/constraint.ts";
import { findVisibilityConflicts, updateGroup as updateGroupRow, type GroupChanges } from "../../db/group-changes.ts";
import type { NamespaceRecord } from "../../db/project-records.ts";
import { invalid, notFound, type FieldErrors } from "../../domain/fault.ts";
import { AccessLevel } from "../../domain/identity/access-level.ts";
import { collectErrors, nameError } from "../../domain/identity/name.ts";
import type { Visibility } from "../../domain/identity/visibility.ts";
import type { AppContext } from "../../http/context.ts";
import { optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { GroupDetail } from "../entities/group.ts";
import { requireLevel, seeGroup, type SeenGroup } from "../places.ts";
import { checkIpRanges, groupPathError, groupVisibilityError } from "./checks.ts";
import { describeGroup } from "./describe.ts";
import { groupColumns, groupFields, textErrors } from "./params.ts";

const Params = v.object({ id: text(), name: optional(text()), path: optional(text()), ...groupFields });
type Params = v.InferOutput<typeof Params>;

/**
 * PUT /groups/:id: changes a group; its owners may (contract provisioning 7, 7.1). With its path all paths below it move,
 * and the former ones lead on. 400 by field for what is wrong with the changes.
 */
export const updateGroup = operation({
  method: "PUT",
  path: "/groups/:id",
  summary: "Change a group",
  tags: ["provisioning"],
  caller: "user",
  params: Params,
  answers: { 200: { description: "The group", schema: GroupDetail } },
  faults: [404],
  async handle(c, params) {
    const { caller } = c.var;
    const group = await seeGroup(c, caller, params.id);
    requireLevel(group, AccessLevel.owner);
    const changes = await changesOf(c, caller, group, params);
    const stored = await saveOrRefuse(c, caller, group, changes);
    return c.json(await describeGroup(c, caller, { ...stored, viewer: group.viewer }, true));
  },
});

/** What is sent as it is already is no change: clients send back what they read. */
async function changesOf(c: AppContext, caller: UserCaller, { namespace }: SeenGroup, params: Params): Promise<GroupChanges> {
  const isTopLevel = namespace.parentId === null;
  const path = params.path === namespace.path ? undefined : params.path;
  const visibility = params.visibility === namespace.visibility ? undefined : params.visibility;
  const addresses = params.ip_restriction_ranges === undefined ? null : checkIpRanges(params.ip_restriction_ranges, isTopLevel);
  const errors = {
    ...collectErrors({
      name: params.name === undefined ? null : nameError(params.name),
      path: path === undefined ? null : groupPathError(path, isTopLevel),
      ...textErrors(params),
      ip_restriction_ranges: addresses !== null && "error" in addresses ? addresses.error : null,
    }),
    ...(visibility === undefined ? {} : await visibilityErrors(c, caller, namespace.id, visibility)),
  };
  if (Object.keys(errors).length > 0) throw invalid(errors);
  return {
    ...groupColumns(params),
    name: params.name,
    path,
    visibility,
    ipRestrictionRanges: addresses !== null && "ranges" in addresses ? addresses.ranges : undefined,
    updatedAt: c.var.now,
  };
}

/** A group is seen by no more people than the one above it, and by no fewer than what is right below it. */
async function visibilityErrors(c: AppContext, caller: UserCaller, groupId: number, wanted: Visibility): Promise<FieldErrors> {
  const { parent, hasWiderProject, hasWiderSubgroup } = await findVisibilityConflicts(c.var.db, groupId, wanted);
  const refusal = groupVisibilityError(wanted, parent, caller);
  const texts = [
    ...(refusal === null ? [] : [refusal]),
    ...(hasWiderProject ? [`${wanted} is not allowed since this group contains projects with higher visibility.`] : []),
    ...(hasWiderSubgroup ? [`${wanted} is not allowed since there are sub-groups with higher visibility.`] : []),
  ];
  return texts.length === 0 ? {} : { visibility_level: texts };
}

async function saveOrRefuse(c: AppContext, caller: UserCaller, { namespace }: SeenGroup, changes: GroupChanges): Promise<NamespaceRecord> {
  try {
    const stored = await updateGroupRow(c.var.db, namespace.id, changes);
    if (stored === null) throw notFound("Group");
    return stored;
  } catch (error) {
    if (isUniqueViolation(error, "routes.path")) throw invalid({ path: ["has already been taken"] });
    if (isNotNullViolation(error, "namespaces.visibility") && changes.visibility !== undefined) {
      throw invalid(await visibilityErrors(c, caller, namespace.id, changes.visibility));
    }
    throw error;
  }
}
