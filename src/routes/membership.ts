import * as v from "valibot";
import type { UserCaller } from "../auth/personal-access-token.ts";
import { isForeignKeyViolation } from "../db/constraint.ts";
import { createMembers, loadCandidates, type Candidates, type MemberPlace, type MemberRow } from "../db/members.ts";
import type { UserRow } from "../db/users.ts";
import { inheritedRoleError, isRoleOf, mayGrant } from "../domain/access/membership-rights.ts";
import type { Viewer } from "../domain/access/visibility.ts";
import { conflict, forbidden, invalid, notFound, sentenceOf, type Fault } from "../domain/fault.ts";
import { dayOf } from "../domain/identity/access-level.ts";
import { collectErrors } from "../domain/identity/name.ts";
import { externalUrl, type AppContext } from "../http/context.ts";
import { commaList, day, filledText, integer, optional, text } from "../http/fields.ts";
import { Member, renderMember } from "./entities/member.ts";

/** At most so many people are made members by one call. */
const mostAtOnce = 100;

/** The parameters with which people are made members of a group or project (contract provisioning 8). */
export const MembershipParams = v.pipe(
  v.object({
    id: text(),
    access_level: integer(),
    user_id: optional(v.pipe(commaList(integer()), v.maxLength(mostAtOnce))),
    username: optional(v.pipe(commaList(v.pipe(filledText(), v.trim())), v.maxLength(mostAtOnce))),
    expires_at: optional(day()),
  }),
  v.check(
    ({ user_id, username }) => isGiven(user_id) || isGiven(username),
    "user_id, username are missing, exactly one parameter must be provided",
  ),
  v.check(({ user_id, username }) => !isGiven(user_id) || !isGiven(username), "user_id, username are mutually exclusive"),
);
type Params = v.InferOutput<typeof MembershipParams>;

function isGiven(values: readonly unknown[] | undefined): boolean {
  return values !== undefined && values.length > 0;
}

/** One person's new membership, or how it went with several. */
export const MembershipAnswer = v.union([
  Member,
  v.object({ status: v.picklist(["success", "error"]), message: v.optional(v.record(v.string(), v.string())) }),
]);

/** A group or project that the caller manages the members of. */
export interface ManagedPlace {
  kind: "group" | "project";
  place: MemberPlace;
  /** The group itself, or the namespace of the project. */
  inNamespaceId: number;
  viewer: Viewer;
}

interface Adding {
  c: AppContext;
  caller: UserCaller;
  managed: ManagedPlace;
  params: Params;
  candidates: Candidates;
}

/**
 * Makes one or several users members. 403 where the caller gives more than they have; 404 for an unknown user, 409 for
 * a member, 400 for a role that is none or is less than what is inherited. Of several, each has their own error.
 */
export async function addMembers(c: AppContext, caller: UserCaller, managed: ManagedPlace, params: Params): Promise<Response> {
  const { kind, place, inNamespaceId, viewer } = managed;
  if (isRoleOf(kind, params.access_level) && !mayGrant(viewer, params.access_level)) throw forbidden();
  const byId = isGiven(params.user_id);
  const names = [...new Set(byId ? (params.user_id ?? []).map(String) : (params.username ?? []).map((name) => name.toLowerCase()))];
  const wanted = byId ? { ids: names.map(Number) } : { usernames: names };
  const candidates = await loadCandidates(c.var.db, wanted, { ...place, inNamespaceId }, dayOf(c.var.now));
  const adding = { c, caller, managed, params, candidates };
  const people = names.map((name) => {
    const user = candidates.users.find((each) => (byId ? String(each.id) : each.username.toLowerCase()) === name) ?? null;
    return { name, user, refusal: refusalFor(adding, user) };
  });
  return people.length === 1 ? addOne(adding, people) : addSeveral(adding, people);
}

interface Person {
  name: string;
  user: UserRow | null;
  refusal: Fault | null;
}

function refusalFor({ c, managed, params, candidates }: Adding, user: UserRow | null): Fault | null {
  if (user === null) return notFound("User");
  if (candidates.memberIds.has(user.id)) return conflict("Member already exists");
  const inherited = candidates.inherited.find((role) => role.userId === user.id);
  const level = params.access_level;
  const { expires_at: expiresAt } = params;
  const errors = collectErrors({
    access_level: isRoleOf(managed.kind, level) ? inheritedRoleError(level, inherited) : "is not included in the list",
    expires_at: typeof expiresAt === "string" && expiresAt <= dayOf(c.var.now) ? "cannot be a date in the past" : null,
  });
  return Object.keys(errors).length > 0 ? invalid(errors) : null;
}

async function addOne(adding: Adding, [person]: readonly Person[]): Promise<Response> {
  const user = person?.user ?? null;
  if (user === null) throw notFound("User");
  if (person?.refusal) throw person.refusal;
  const [member] = await createOrRefuse(adding, [user.id]);
  if (member === undefined) throw conflict("Member already exists");
  return adding.c.json(renderMember(member, user, adding.caller.user, externalUrl(adding.c)), 201);
}

async function addSeveral(adding: Adding, people: readonly Person[]): Promise<Response> {
  const accepted = people.flatMap(({ user, refusal }) => (user === null || refusal !== null ? [] : [user.id]));
  const created = new Set((await createOrRefuse(adding, accepted)).map((member) => member.userId));
  const errors = people.flatMap(({ name, user, refusal }) => {
    if (user !== null && created.has(user.id)) return [];
    return [[user?.username ?? name, sentenceOf(refusal ?? conflict("Member already exists")) ?? ""]];
  });
  const answer = errors.length === 0 ? { status: "success" } : { status: "error", message: Object.fromEntries(errors) };
  return adding.c.json(answer, 201);
}

/** Whoever or whatever was deleted meanwhile is not found. */
async function createOrRefuse({ c, caller, managed, params }: Adding, userIds: readonly number[]): Promise<MemberRow[]> {
  const membership = { accessLevel: params.access_level, expiresAt: params.expires_at ?? null, createdById: caller.user.id };
  try {
    return userIds.length === 0 ? [] : await createMembers(c.var.db, managed.place, userIds, membership, c.var.now);
  } catch (error) {
    if (isForeignKeyViolation(error)) throw notFound("User");
    throw error;
  }
}
