/** How often each value of an option that may be given several times was given. */
export type ValueCounts = Record<string, number>;

/** Push options as they were understood (contract push 4): namespace → key → `true`, a text, or counted values. */
export type PushOptions = Record<string, Record<string, true | string | ValueCounts>>;

type Kind = "single" | "counted";

/** Every option that means something (contract push 4.2); what is not named here is dropped. */
const known: ReadonlyMap<string, ReadonlyMap<string, Kind>> = new Map([
  ["ci", kinds(["skip"], ["variable", "input"])],
  ["integrations", kinds(["skip_ci"])],
  [
    "merge_request",
    kinds(
      [
        "create",
        "target",
        "target_project",
        "title",
        "description",
        "draft",
        "remove_source_branch",
        "squash",
        "merge_when_pipeline_succeeds",
        "auto_merge",
        "milestone",
      ],
      ["label", "unlabel", "assign", "unassign"],
    ),
  ],
  ["secret_detection", kinds(["skip_all"])],
  ["secret_push_protection", kinds(["skip_all"])],
  ["security_policy", kinds(["bypass_reason"])],
]);

const aliases: ReadonlyMap<string, string> = new Map([["mr", "merge_request"]]);

function kinds(single: readonly string[], counted: readonly string[] = []): ReadonlyMap<string, Kind> {
  return new Map([...single.map((key) => [key, "single"] as const), ...counted.map((key) => [key, "counted"] as const)]);
}

/**
 * Reads push options as Git sent them, `<namespace>.<key>` or `<namespace>.<key>=<value>` each (contract push 4.1). Of an
 * option given twice the last value stands; where several values make sense each is counted. Values are the pusher's
 * words and may be called like anything that an object has: they are kept in maps until they are all there.
 */
export function parsePushOptions(raw: readonly string[]): PushOptions {
  const found = new Map<string, Map<string, true | string | Map<string, number>>>();
  for (const text of raw) {
    const option = parseOption(text);
    const kind = option === null ? undefined : known.get(option.namespace)?.get(option.key);
    if (option === null || kind === undefined) continue;
    const { namespace, key, value } = option;
    const values = found.get(namespace) ?? new Map<string, true | string | Map<string, number>>();
    found.set(namespace, values.set(key, kind === "single" ? value : countedWith(values.get(key), String(value))));
  }
  return Object.fromEntries([...found].map(([namespace, values]) => [namespace, toRecord(values)]));
}

/** Looks for the first dot and the first `=` behind it, so that no text takes longer than to read it once. */
function parseOption(text: string): { namespace: string; key: string; value: true | string } | null {
  const dot = text.indexOf(".");
  if (dot === -1) return null;
  const namespace = text.slice(0, dot).trim();
  const equals = text.indexOf("=", dot);
  const key = text.slice(dot + 1, equals === -1 ? undefined : equals).trim();
  const [line = ""] = equals === -1 ? [] : text.slice(equals + 1).split("\n", 1);
  // Half of a surrogate pair is no text that could be stored.
  const value = line.trim().toWellFormed();
  return { namespace: aliases.get(namespace) ?? namespace, key, value: value === "" ? true : value };
}

function countedWith(before: true | string | Map<string, number> | undefined, value: string): Map<string, number> {
  const counts = before instanceof Map ? before : new Map<string, number>();
  return counts.set(value, (counts.get(value) ?? 0) + 1);
}

/** `Object.fromEntries` makes `__proto__` a property like any other. */
function toRecord(values: ReadonlyMap<string, true | string | ReadonlyMap<string, number>>): PushOptions[string] {
  return Object.fromEntries([...values].map(([key, value]) => [key, value instanceof Map ? Object.fromEntries(value) : value]));
}
