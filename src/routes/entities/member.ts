import * as v from "valibot";
import type { MemberRecord } from "../../db/member-list.ts";
import type { NamedUser } from "../../db/user-records.ts";
import { UserBasic, renderUserBasic } from "./user.ts";

const Author = v.omit(UserBasic, ["locked"]);

/** A membership; `id` is that of the user. */
export const Member = v.object({
  ...UserBasic.entries,
  access_level: v.number(),
  created_at: v.string(),
  created_by: v.nullable(Author),
  /** A day, `YYYY-MM-DD`. */
  expires_at: v.nullable(v.string()),
  group_saml_identity: v.null(),
  membership_state: v.string(),
});

type ShownMember = Pick<MemberRecord, "user" | "accessLevel" | "expiresAt" | "isAwaiting" | "createdBy" | "createdAt">;

/** `base`: the external URL. */
export function renderMember(member: ShownMember, base: string): v.InferOutput<typeof Member> {
  return {
    ...renderUserBasic(member.user, base),
    access_level: member.accessLevel,
    created_at: member.createdAt.toISOString(),
    created_by: member.createdBy === null ? null : renderAuthor(member.createdBy, base),
    expires_at: member.expiresAt,
    group_saml_identity: null,
    membership_state: member.isAwaiting ? "awaiting" : "active",
  };
}

function renderAuthor(user: NamedUser, base: string): v.InferOutput<typeof Author> {
  const { locked: _, ...author } = renderUserBasic(user, base);
  return author;
}
