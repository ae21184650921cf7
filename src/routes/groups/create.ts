import * as v from "valibot";
import type { UserCaller } from "../../auth/personal-access-token.ts";
import { isForeignKeyViolation, isNotNullViolation, isUniqueViolation } from "../../db/constraint.ts";
import { isInArchivedGroup } from "../../db/groups.ts";
import { createGroup as createGroupRow, type NewGroup } from "../../db/namespaces.ts";
import { canCreateSubgroupIn } from "../../domain/access/namespace-rights.ts";
import { forbidden, invalid, notFound, type Fault, type FieldErrors } from "../../domain/fault.ts";
import { AccessLevel } from "../../domain/identity/access-level.ts";
import { collectErrors, nameError } from "../../domain/identity/name.ts";
import { deepestGroup } from "../../domain/identity/path.ts";
import type { Visibility } from "../../domain/identity/visibility.ts";
import type { AppContext } from "../../http/context.ts";
import { filledText, integer, optional } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { GroupDetail } from "../entities/group.ts";
import { seeGroup, type SeenGroup } from "../places.ts";
import { checkIpRanges, groupPathError, groupVisibilityError } from "./checks.ts";
import { describeGroup } from "./describe.ts";
import { groupColumns, groupFields, textErrors } from "./params.ts";

const Params = v.object({ name: filledText(), path: filledText(), parent_id: optional(integer()), ...groupFields });
type Params = v.InferOutput<typeof Params>;

/**
 * POST /groups: a group at the top level or below another one (contract provisioning 7, 7.1).
 *
 * Its creator becomes its owner, unless a group above makes them that already. 404 for a parent that the caller does
 * not see, 403 without the right, 400 with the text that GitLab's clients know for whatever is wrong with the group.
 */
export const createGroup = operation({
  method: "POST",
  path: "/groups",
  summary: "Create a group or subgroup",
  tags: ["provisioning"],
  caller: "user",
  params: Params,
  answers: { 201: { description: "The group", schema: GroupDetail } },
  faults: [404],
  async handle(c, params) {
    const { caller } = c.var;
    const parent = params.parent_id === undefined ? null : await seeGroup(c, caller, String(params.parent_id));
    await requireRight(c, caller, parent);
    const visibility = params.visibility ?? parent?.namespace.visibility ?? caller.settings.default_group_visibility;
    const errors = groupErrors(params, visibility, parent, caller);
    if (Object.keys(errors).length > 0) throw failedToSave(errors);
    const group = {
      ...groupColumns(params),
      name: params.name,
      path: params.path,
      parentId: parent?.namespace.id ?? null,
      visibility,
      ipRestrictionRanges: ipRangesOf(params, parent),
      createdAt: c.var.now,
      updatedAt: c.var.now,
    };
    const ownsParent = parent !== null && parent.viewer.level >= AccessLevel.owner;
    const { fullPath, ...namespace } = await saveOrRefuse(c, group, ownsParent ? null : caller.user.id);
    const fullName = parent === null ? params.name : `${parent.fullName} / ${params.name}`;
    const viewer = { isSignedIn: true, isExternal: caller.user.isExternal, isAdmin: caller.isAdmin, level: AccessLevel.owner };
    return c.json(await describeGroup(c, caller, { namespace, fullPath, fullName, viewer }, true), 201);
  },
});

async function requireRight(c: AppContext, caller: UserCaller, parent: SeenGroup | null): Promise<void> {
  if (parent === null) {
    const mayCreate = caller.user.canCreateGroup && caller.settings.can_create_group;
    if (!caller.isAdmin && !mayCreate) throw forbidden();
    return;
  }
  const isArchived = await isInArchivedGroup(c.var.db, parent.namespace.id);
  if (!canCreateSubgroupIn({ ...parent.namespace, isArchived }, parent.viewer)) throw forbidden();
}

function groupErrors(params: Params, visibility: Visibility, parent: SeenGroup | null, caller: UserCaller): FieldErrors {
  return collectErrors({
    name: nameError(params.name),
    path: groupPathError(params.path, parent === null),
    visibility_level: groupVisibilityError(visibility, parent?.namespace.visibility ?? null, caller),
    ...textErrors(params),
  });
}

function ipRangesOf(params: Params, parent: SeenGroup | null): string | null {
  const checked = checkIpRanges(params.ip_restriction_ranges ?? "", parent === null);
  if ("error" in checked) throw invalid({ ip_restriction_ranges: [checked.error] });
  return checked.ranges;
}

async function saveOrRefuse(c: AppContext, group: NewGroup, ownerId: number | null): ReturnType<typeof createGroupRow> {
  try {
    return await createGroupRow(c.var.db, group, ownerId);
  } catch (error) {
    if (isUniqueViolation(error, "routes.path")) throw failedToSave({ path: ["has already been taken"] });
    if (isNotNullViolation(error, "namespaces.path")) {
      throw failedToSave({ parent_id: [`has too many ancestors (maximum nesting is ${deepestGroup} levels)`] });
    }
    if (isForeignKeyViolation(error)) throw notFound("Group");
    throw error;
  }
}

/** GitLab shows the errors as its language prints a hash, and its clients know the text. */
function failedToSave(errors: FieldErrors): Fault {
  const fields = Object.entries(errors).map(([field, texts]) => `:${field}=>[${texts.map((each) => JSON.stringify(each)).join(", ")}]`);
  return invalid(`Failed to save group {${fields.join(", ")}}`);
}
