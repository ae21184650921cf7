import type { MergePerson, MergeProject, MergeRequestFacts } from "./merge-request-facts.ts";
import type { MergeRequestOptions } from "./merge-request-options.ts";
import { actorAt, canClassify, canMakeLabels, isAssignable, type MergeActor } from "./merge-request-rights.ts";

/** Who and what a merge request is given besides its own columns. */
export interface MergeRequestMarks {
  addLabels: string[];
  removeLabels: string[];
  /** Whether a label that is unknown is made. */
  makesLabels: boolean;
  /** Title of a milestone; an unknown one changes nothing. */
  milestone: string | null;
  assigneeIds: number[];
  unassignedIds: number[];
}

/** What the options give, `assigned` besides; not what is not the pusher's to give, nor to people who could not read it. */
export function marksFor(
  given: { facts: MergeRequestFacts; target: MergeProject; options: MergeRequestOptions; into: MergeActor; now: Date },
  assigned: readonly number[],
): MergeRequestMarks {
  const { facts, target, options, into, now } = given;
  const mayClassify = canClassify(into);
  const find = (names: readonly string[]) => (mayClassify ? names.flatMap((name) => personNamed(facts.named, name) ?? []) : []);
  const unassignedIds = find(options.unassign).map(({ id }) => id);
  const added = find(options.assign).filter((person) => isAssignable(target, actorAt(person, target, now)));
  const assigneeIds = [...new Set([...assigned, ...added.map(({ id }) => id)])].filter((id) => !unassignedIds.includes(id));
  return {
    addLabels: mayClassify ? options.labels.filter((name) => !options.unlabels.includes(name)) : [],
    removeLabels: mayClassify ? options.unlabels : [],
    makesLabels: canMakeLabels(into),
    milestone: mayClassify ? options.milestone : null,
    assigneeIds,
    unassignedIds,
  };
}

/** All digits are an id. */
function personNamed(people: readonly MergePerson[], name: string): MergePerson | undefined {
  if (/^\d+$/.test(name)) return people.find(({ id }) => id === Number(name));
  return people.find(({ username }) => username.toLowerCase() === name.toLowerCase());
}
