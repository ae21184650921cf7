import { isLabelName } from "../labels/label.ts";
import type { PushOptions, ValueCounts } from "./push-options.ts";

/** What a push asks for its merge requests (contract push 4.2). Null or empty: nothing is said of it. */
export interface MergeRequestOptions {
  create: boolean;
  /** Branch that the merge request is to be merged into. */
  target: string | null;
  /** Full path. */
  targetProject: string | null;
  title: string | null;
  description: string | null;
  isDraft: boolean | null;
  removesSourceBranch: boolean | null;
  squash: boolean | null;
  autoMerge: boolean | null;
  milestone: string | null;
  labels: string[];
  unlabels: string[];
  /** User names, or ids in digits. */
  assign: string[];
  unassign: string[];
}

/** Of several values no more are looked at: nobody means as many, and each costs a look-up. */
const mostValues = 200;

/** The options of the namespace `merge_request`; null where none was given. */
export function readMergeRequestOptions(options: PushOptions): MergeRequestOptions | null {
  const given = options["merge_request"];
  if (given === undefined) return null;
  return {
    create: flagOf(given["create"]) ?? false,
    target: textOf(given["target"]),
    targetProject: textOf(given["target_project"]),
    title: textOf(given["title"]),
    description: textOf(given["description"])?.replaceAll("\\n", "\n") ?? null,
    isDraft: flagOf(given["draft"]),
    removesSourceBranch: flagOf(given["remove_source_branch"]),
    squash: flagOf(given["squash"]),
    autoMerge: flagOf(given["auto_merge"]) ?? flagOf(given["merge_when_pipeline_succeeds"]),
    milestone: textOf(given["milestone"]),
    labels: valuesOf(given["label"]).filter(isLabelName),
    unlabels: valuesOf(given["unlabel"]).filter(isLabelName),
    assign: valuesOf(given["assign"]),
    unassign: valuesOf(given["unassign"]),
  };
}

type Value = PushOptions[string][string] | undefined;

/** An option without a value has the value `true`, in words where words are asked for. */
function textOf(value: Value): string | null {
  return value === undefined || typeof value === "object" ? null : String(value);
}

const falseWords = new Set(["false", "f", "0", "off", "no"]);

/** Given is yes, but for the words that say no. */
function flagOf(value: Value): boolean | null {
  const text = textOf(value);
  return text === null ? null : !falseWords.has(text.toLowerCase());
}

function valuesOf(value: Value): string[] {
  const counts: ValueCounts = typeof value === "object" ? value : {};
  return Object.keys(counts).slice(0, mostValues);
}
