import * as v from "valibot";
import { createMembers, loadCandidates, type Candidates } from "../db/members.ts";
import type { UserRow } from "../db/users.ts";
import { isRoleOf, managerLevels, mayGrant, membershipErrors } from "../domain/access/membership-rights.ts";
import { conflict, forbidden, invalid, notFound, sentenceOf, type Fault } from "../domain/fault.ts";
import { dayOf } from "../domain/identity/access-level.ts";
import { externalUrl } from "../http/context.ts";
import { commaList, day, filledText, integer, optional, text } from "../http/fields.ts";
import { operation, type Operation, type OperationContext } from "../http/operation.ts";
import { deletedMeanwhile } from "./deleted-meanwhile.ts";
import { Member, renderMember } from "./entities/member.ts";
import type { MemberSource, SeenSource } from "./member-source.ts";
import { requireLevel } from "./places.ts";

/** At most so many people are made members by one call. */
const mostAtOnce = 100;

const MembershipParams = v.pipe(
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
const MembershipAnswer = v.union([
  Member,
  v.object({ status: v.picklist(["success", "error"]), message: v.optional(v.record(v.string(), v.string())) }),
]);

interface Adding {
  c: OperationContext<"user">;
  managed: SeenSource;
  params: Params;
  candidates: Candidates;
}

/**
 * POST …/members, of a group or project: makes one or several users members; whoever manages the members may (contract
 * provisioning 8). 403 where the caller gives more than they have; 404 for an unknown user, 409 for a member, 400 for a
 * role that is none or is less than what is inherited. Of several, each has their own error.
 */
export function addMember(source: MemberSource): Operation {
  return operation({
    method: "POST",
    path: `${source.path}/members`,
    summary: `Make a user, or several, members of a ${source.kind}`,
    tags: ["provisioning"],
    caller: "user",
    params: MembershipParams,
    answers: { 201: { description: "The membership", schema: MembershipAnswer } },
    faults: [...source.faults.write, 409],
    async handle(c, params) {
      const managed = await source.see(c, c.var.caller, params.id);
      requireLevel(managed, managerLevels[source.kind]);
      return addPeople(c, managed, params);
    },
  });
}

async function addPeople(c: OperationContext<"user">, managed: SeenSource, params: Params): Promise<Response> {
  const { kind, place, inNamespaceId, viewer } = managed;
  if (isRoleOf(kind, params.access_level) && !mayGrant(viewer, params.access_level)) throw forbidden();
  const byId = isGiven(params.user_id);
  const names = [...new Set(byId ? (params.user_id ?? []).map(String) : (params.username ?? []).map((name) => name.toLowerCase()))];
  const wanted = byId ? { ids: names.map(Number) } : { usernames: names };
  const candidates = await loadCandidates(c.var.db, wanted, { ...place, inNamespaceId }, dayOf(c.var.now));
  const adding = { c, managed, params, candidates };
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
  const membership = { accessLevel: params.access_level, expiresAt: params.expires_at ?? null };
  const errors = membershipErrors(managed.kind, membership, inherited, dayOf(c.var.now));
  return Object.keys(errors).length > 0 ? invalid(errors) : null;
}

async function addOne(adding: Adding, [person]: readonly Person[]): Promise<Response> {
  const user = person?.user ?? null;
  if (user === null) throw notFound("User");
  if (person?.refusal) throw person.refusal;
  const { created, refusalOf } = await createOrRefuse(adding, [user.id]);
  const [member] = created;
  if (member === undefined) throw refusalOf(user.id);
  return adding.c.json(renderMember({ ...member, user, createdBy: adding.c.var.caller.user }, externalUrl(adding.c)), 201);
}

async function addSeveral(adding: Adding, people: readonly Person[]): Promise<Response> {
  const accepted = people.flatMap(({ user, refusal }) => (user === null || refusal !== null ? [] : [user.id]));
  const { created, refusalOf } = await createOrRefuse(adding, accepted);
  const createdIds = new Set(created.map((member) => member.userId));
  const errors = people.flatMap(({ name, user, refusal }) => {
    if (user === null || refusal !== null) return [[user?.username ?? name, sentenceOf(refusal ?? notFound("User")) ?? ""]];
    return createdIds.has(user.id) ? [] : [[user.username, sentenceOf(refusalOf(user.id)) ?? ""]];
  });
  const answer = errors.length === 0 ? { status: "success" } : { status: "error", message: Object.fromEntries(errors) };
  return adding.c.json(answer, 201);
}

const nobody = { created: [], missingIds: [] };

/** The new memberships, and why there is none of anybody else: they became a member meanwhile, or are no user any more. */
async function createOrRefuse({ c, managed, params }: Adding, userIds: readonly number[]) {
  const membership = { accessLevel: params.access_level, expiresAt: params.expires_at ?? null, createdById: c.var.caller.user.id };
  try {
    const { created, missingIds } =
      userIds.length === 0 ? nobody : await createMembers(c.var.db, managed.place, userIds, membership, c.var.now);
    const refusalOf = (userId: number) => (missingIds.includes(userId) ? notFound("User") : conflict("Member already exists"));
    return { created, refusalOf };
  } catch (error) {
    throw deletedMeanwhile(error);
  }
}
