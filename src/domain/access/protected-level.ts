import { AccessLevel, dayOf, effectiveAccess, type Membership } from "../identity/access-level.ts";

/** Whom a rule of a protected ref admits: a role, a user, a group or a deploy key; exactly one is set. */
export interface LevelHolder {
  accessLevel: number | null;
  userId: number | null;
  groupId: number | null;
  deployKeyId: number | null;
}

/** What a branch rule speaks about. */
export const branchActions = ["push", "merge", "unprotect"] as const;
export type BranchAction = (typeof branchActions)[number];

/** What any rule of a protected ref speaks about: of tags, who creates them. */
export type RefAction = BranchAction | "create";

/** One holder of one action. */
export interface Level extends LevelHolder {
  action: RefAction;
}

/** An element of `allowed_to_*` as clients send it. */
export interface AllowedEntry {
  access_level?: number | undefined;
  user_id?: number | undefined;
  group_id?: number | undefined;
  deploy_key_id?: number | undefined;
}

const nobody: LevelHolder = { accessLevel: null, userId: null, groupId: null, deployKeyId: null };

export function roleHolder(accessLevel: number): LevelHolder {
  return { ...nobody, accessLevel };
}

/**
 * An element that names several holders becomes one holder for each: clients whose lists go through a query string
 * (gitbeaker) send `[][user_id]=1&[][group_id]=2` for two elements, which reads as one (contract provisioning 1.1).
 */
export function splitEntry(entry: AllowedEntry): LevelHolder[] {
  const { user_id: userId, group_id: groupId, deploy_key_id: deployKeyId, access_level: accessLevel } = entry;
  return [
    ...(userId === undefined ? [] : [{ ...nobody, userId }]),
    ...(groupId === undefined ? [] : [{ ...nobody, groupId }]),
    ...(deployKeyId === undefined ? [] : [{ ...nobody, deployKeyId }]),
    ...(accessLevel === undefined ? [] : [roleHolder(accessLevel)]),
  ];
}

/**
 * The holders of one action, each once: the single level where it was given, then those of the list; maintainers where
 * neither names anybody (contract provisioning 10.1).
 */
export function holdersOf(single: number | undefined, list: readonly AllowedEntry[] | undefined): LevelHolder[] {
  const holders = [...(single === undefined ? [] : [roleHolder(single)]), ...(list ?? []).flatMap(splitEntry)];
  if (holders.length === 0) return [roleHolder(AccessLevel.maintainer)];
  return [...new Map(holders.map((holder) => [JSON.stringify(holder), holder])).values()];
}

/** What is known of the users, groups and deploy keys that a rule is to admit; whoever is missing does not exist. */
export interface HolderFacts {
  users: { id: number; memberships: Membership[] }[];
  /** Groups that were invited to the place, and below a group that has rules those in it. */
  groups: { id: number; expiresAt: string | null; isBelow: boolean }[];
  /** Deploy keys that are enabled on the project; a group has none. */
  deployKeys: { id: number; canPush: boolean }[];
}

/** How sentences begin that say what is wrong with the holders of an action. */
export function subjectOf(action: RefAction): string {
  return `${action.charAt(0).toUpperCase()}${action.slice(1)} access levels`;
}

/**
 * Why these levels cannot be given, as sentences; empty where they can. Users need a role in the project or group whose
 * rule it is, groups an invitation to it, deploy keys the right to push there: a rule never admits whom its place does
 * not know. A group's rule may admit the groups below it too, but not to unprotect: whoever manages the rules of a
 * group is a member of all that are below it, so that such a level would say nothing.
 */
export function refuseForeignHolders(levels: readonly Level[], facts: HolderFacts, place: "project" | "group", now: Date): string[] {
  const today = dayOf(now);
  const users = new Set(
    facts.users.filter((user) => effectiveAccess(user.memberships, today).level >= AccessLevel.guest).map((user) => user.id),
  );
  const known = facts.groups.filter((group) => group.expiresAt === null || group.expiresAt > today);
  const groups = new Set(known.map((group) => group.id));
  const invited = new Set(known.filter((group) => !group.isBelow).map((group) => group.id));
  const deployKeys = new Set(facts.deployKeys.filter((key) => key.canPush).map((key) => key.id));
  const sentences = levels.flatMap(({ action, userId, groupId, deployKeyId }) => {
    const subject = subjectOf(action);
    const admissible = action === "unprotect" ? invited : groups;
    if (userId !== null && !users.has(userId)) return [`${subject} user is not a member of the ${place}`];
    if (groupId !== null && !admissible.has(groupId)) return [`${subject} group does not have access to the ${place}`];
    if (deployKeyId !== null && !deployKeys.has(deployKeyId)) return [`${subject} deploy key is not enabled for this ${place}`];
    return [];
  });
  return [...new Set(sentences)];
}

/** Somebody who wants to change a rule or take it away. */
export interface Unprotector {
  userId: number;
  isAdmin: boolean;
  level: number;
  memberships: readonly Membership[];
}

/**
 * Whether one of the rule's unprotect levels admits them. Administrators always may, and so may everybody who may
 * manage rules at all where no level is left (its user or group is gone): otherwise such a rule could never be removed.
 */
export function mayUnprotect(levels: readonly LevelHolder[], who: Unprotector, now: Date): boolean {
  return who.isAdmin || levels.length === 0 || levels.some((level) => admits(level, who, dayOf(now)));
}

function admits(level: LevelHolder, who: Unprotector, today: string): boolean {
  if (level.accessLevel !== null) {
    return level.accessLevel !== AccessLevel.none && level.accessLevel !== AccessLevel.admin && who.level >= level.accessLevel;
  }
  if (level.userId !== null) return level.userId === who.userId;
  const throughGroup = who.memberships.filter((each) => each.source !== "project" && each.sourceId === level.groupId);
  return level.groupId !== null && effectiveAccess(throughGroup, today).level > AccessLevel.none;
}

/** How a role is called in answers; null for a number that is none. */
export function describeRole(accessLevel: number): string | null {
  return roleNames[accessLevel] ?? null;
}

const roleNames: Record<number, string> = {
  [AccessLevel.none]: "No one",
  [AccessLevel.developer]: "Developers + Maintainers",
  [AccessLevel.maintainer]: "Maintainers",
  [AccessLevel.admin]: "Instance admins",
};
