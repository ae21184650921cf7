import { branchActions, splitEntry, subjectOf, type AllowedEntry, type BranchAction, type Level } from "./protected-level.ts";

/** An element of `allowed_to_*` of a change: without an id it adds levels, with one it changes or removes that level. */
export interface ChangeEntry extends AllowedEntry {
  id?: number | undefined;
  isRemoval: boolean;
}

/** A level that a rule has. */
export interface ExistingLevel extends Level {
  id: number;
}

/** What a change does to the levels of a rule; ids of all others stay (contract provisioning 10.1). */
export interface LevelChanges {
  removed: number[];
  changed: ExistingLevel[];
  added: Level[];
}

/** Whether an element says one thing: whom to add, which level to remove, or who takes the place of the one it had. */
export function isChange(entry: ChangeEntry): boolean {
  const holders = splitEntry(entry).length;
  if (entry.id === undefined) return !entry.isRemoval && holders > 0;
  return entry.isRemoval || holders === 1;
}

/**
 * What the elements of a change come to; null where one names a level that the rule does not have for that action.
 * Whoever is admitted already is not added again. Of two elements with one id the later counts.
 */
export function planChanges(
  levels: readonly ExistingLevel[],
  asked: Record<BranchAction, readonly ChangeEntry[]>,
): (LevelChanges & { doubled: string[] }) | null {
  const entries = branchActions.flatMap((action) => asked[action].map((entry) => ({ ...entry, action })));
  const named = new Map(entries.flatMap((entry) => (entry.id === undefined ? [] : [[entry.id, entry] as const])));
  const known = new Set(levels.map(({ id, action }) => `${action} ${id}`));
  if (entries.some(({ id, action }) => id !== undefined && !known.has(`${action} ${id}`))) return null;

  const left = levels.filter(({ id }) => named.get(id)?.isRemoval !== true);
  const changed = left.flatMap((level) => {
    const [holder] = splitEntry(named.get(level.id) ?? {});
    const after = { ...level, ...holder };
    return holderOf(after) === holderOf(level) ? [] : [after];
  });
  const final = new Map([...left, ...changed].map((level) => [level.id, holderOf(level)]));
  const admitted = new Set(final.values());
  const added = entries.flatMap((entry) =>
    entry.id === undefined ? splitEntry(entry).map((each) => ({ ...each, action: entry.action })) : [],
  );
  return {
    removed: levels.flatMap(({ id }) => (named.get(id)?.isRemoval === true ? [id] : [])),
    changed,
    added: [...new Map(added.map((level) => [holderOf(level), level])).values()].filter((level) => !admitted.has(holderOf(level))),
    doubled: refuseDoubled(changed, [...final.values()]),
  };
}

/** One text for each action and holder. */
function holderOf({ action, accessLevel, userId, groupId, deployKeyId }: Level): string {
  return JSON.stringify([action, accessLevel, userId, groupId, deployKeyId]);
}

/** Why levels cannot be changed so, as sentences: the same holder has another level of the action. */
function refuseDoubled(changed: readonly ExistingLevel[], final: readonly string[]): string[] {
  const seen = new Set<string>();
  const doubled = new Set(final.filter((holder) => seen.size === seen.add(holder).size));
  const sentences = changed.flatMap((level) => {
    if (!doubled.has(holderOf(level))) return [];
    const { userId, groupId, deployKeyId } = level;
    const holder = userId !== null ? "user" : groupId !== null ? "group" : deployKeyId !== null ? "deploy key" : "access level";
    return [`${subjectOf(level.action)} ${holder} has already been taken`];
  });
  return [...new Set(sentences)];
}
