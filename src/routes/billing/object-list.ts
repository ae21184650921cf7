import * as v from "valibot";
import { isJsonObject } from "../../domain/json-object.ts";
import { isEmpty } from "../../http/fields.ts";

/**
 * A list of objects whose faults are told without the number of the element, each once: `packs[expires_at] is missing`
 * (contract customers 6.1, 8.1). JSON, or `packs[][x]=` and `packs[0][x]=` of a form; null is missing. With `texts`, an
 * element may also be the JSON text of an object.
 */
export function objectList<const Entries extends v.ObjectEntries>(
  entries: Entries,
  { texts = false }: { texts?: boolean } = {},
): v.GenericSchema<unknown, v.InferOutput<v.ObjectSchema<Entries, undefined>>[]> {
  const element = v.object(entries);
  const read = v.rawTransform<unknown, v.InferOutput<typeof element>[]>(({ dataset, addIssue, NEVER }) => {
    const list = dataset.value ?? null;
    const faults = new Map<string, string>();
    const objects = list === null ? null : objectsOf(list, texts);
    const outputs = objects?.flatMap((object) => {
      const parsed = v.safeParse(element, object);
      if (parsed.success) return [parsed.output];
      for (const issue of parsed.issues) noteFault(faults, issue);
      return [];
    });
    if (list === null) for (const name of Object.keys(entries)) faults.set(name, "is missing");
    if (objects === null) addIssue({ message: list === null ? "is missing" : "is invalid" });
    for (const [key, message] of faults) {
      addIssue({ message, path: [{ type: "object", origin: "value", input: {}, key, value: undefined }] });
    }
    return outputs === undefined || faults.size > 0 ? NEVER : outputs;
  });
  const schema = v.pipe(v.unknown(), read);
  // Documented as the list that it is, which a transformation would not be.
  return { ...v.array(element), "~run": (dataset, config) => schema["~run"](dataset, config) };
}

/** Looks at the parameter of that name also where it is not given, so that a list can tell of its fields that they are missing. */
export function alwaysReading<Params extends v.GenericSchema>(name: string, params: Params): Params {
  return {
    ...params,
    "~run": (dataset: v.UnknownDataset, config: v.Config<v.BaseIssue<unknown>>) =>
      params["~run"](isJsonObject(dataset.value) ? { ...dataset, value: { [name]: undefined, ...dataset.value } } : dataset, config),
  };
}

function noteFault(faults: Map<string, string>, issue: v.BaseIssue<unknown>): void {
  const name = issue.path?.[0]?.key;
  if (typeof name !== "string" || faults.has(name)) return;
  if (issue.input === undefined) faults.set(name, "is missing");
  else faults.set(name, issue.message === isEmpty ? isEmpty : "is invalid");
}

/** Null where it is no list, or not all of its elements are objects. */
function objectsOf(list: unknown, texts: boolean): unknown[] | null {
  const elements = elementsOf(list)?.map((each) => (texts && typeof each === "string" ? parseJson(each) : each));
  return elements?.every(isJsonObject) === true ? elements : null;
}

function elementsOf(list: unknown): unknown[] | null {
  if (Array.isArray(list)) return list;
  if (list === "") return [];
  const isNumbered = isJsonObject(list) && Object.keys(list).length > 0 && Object.keys(list).every((key) => /^\d+$/.test(key));
  return isNumbered ? Object.values(list) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
