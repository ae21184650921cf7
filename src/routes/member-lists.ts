import * as v from "valibot";
import { findMember, listMembers, type MemberRecord, type MemberScope } from "../db/member-list.ts";
import { rowNotFound } from "../domain/fault.ts";
import { dayOf } from "../domain/identity/access-level.ts";
import { parseRowId } from "../domain/identity/row-id.ts";
import { externalUrl } from "../http/context.ts";
import { commaList, integer, optional, text } from "../http/fields.ts";
import { operation, type Operation, type OperationContext } from "../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../http/pagination.ts";
import { Member, renderMember } from "./entities/member.ts";
import type { MemberSource, SeenSource } from "./member-source.ts";

const ListParams = v.object({
  id: text(),
  query: optional(text()),
  user_ids: optional(commaList(integer())),
  skip_users: optional(commaList(integer())),
  ...pageFields,
});
type ListParams = v.InferOutput<typeof ListParams>;

export const MemberParams = v.object({ id: text(), user_id: text() });

/** The two lists, by what follows `/members`; the longer one first, so that `all` is not taken for a user. */
const lists = [
  { suffix: "/all", includesInherited: true, which: ", inherited and invited ones too" },
  { suffix: "", includesInherited: false, which: " itself" },
] as const;

/**
 * GET …/members and …/members/all, of a group or project, and one member of either: its own members, or with them those
 * of the groups above and of the invited groups. Whoever sees the place sees them (contract provisioning 8).
 */
export function memberLists(source: MemberSource): readonly Operation[] {
  const { kind, faults } = source;
  const declared = { method: "GET", tags: ["provisioning"], caller: "user" } as const;
  return lists.flatMap(({ suffix, includesInherited, which }) => [
    operation({
      ...declared,
      path: `${source.path}/members${suffix}`,
      summary: `The members of a ${kind}${which}`,
      params: ListParams,
      answers: { 200: { description: "The members", schema: v.array(Member) } },
      faults: [...faults.read, 405],
      handle: (c, params) => respondMembers(c, source, params, includesInherited),
    }),
    operation({
      ...declared,
      path: `${source.path}/members${suffix}/:user_id`,
      summary: `A member of a ${kind}${which}`,
      params: MemberParams,
      answers: { 200: { description: "The member", schema: Member } },
      faults: faults.read,
      handle: (c, params) => respondMember(c, source, params, includesInherited),
    }),
  ]);
}

async function respondMembers(c: OperationContext<"user">, source: MemberSource, params: ListParams, includesInherited: boolean) {
  const seen = await source.see(c, c.var.caller, params.id);
  const filter = { query: params.query, userIds: params.user_ids, skippedUserIds: params.skip_users };
  const page = pageOf(params);
  const { rows, total } = await listMembers(c.var.db, membersOf(c, seen, includesInherited), filter, page);
  const base = externalUrl(c);
  return respondPage(
    c,
    rows.map((row) => renderMember(row, base)),
    page,
    total,
  );
}

async function respondMember(
  c: OperationContext<"user">,
  source: MemberSource,
  params: v.InferOutput<typeof MemberParams>,
  includesInherited: boolean,
) {
  const seen = await source.see(c, c.var.caller, params.id);
  return c.json(renderMember(await findMemberOrRefuse(c, seen, params.user_id, includesInherited), externalUrl(c)));
}

/** 404 `404 Not found` for whoever is no member, whatever the segment holds. */
export async function findMemberOrRefuse(
  c: OperationContext<"user">,
  seen: SeenSource,
  segment: string,
  includesInherited: boolean,
): Promise<MemberRecord> {
  const userId = parseRowId(segment);
  const member = userId === null ? null : await findMember(c.var.db, membersOf(c, seen, includesInherited), userId);
  if (member === null) throw rowNotFound();
  return member;
}

/** The members of a place as the caller may see them. */
export function membersOf(
  c: OperationContext<"user">,
  { place, inNamespaceId }: Pick<SeenSource, "place" | "inNamespaceId">,
  includesInherited: boolean,
): MemberScope {
  return { place, inNamespaceId, includesInherited, reading: { reader: c.var.caller, today: dayOf(c.var.now) } };
}
