import * as v from "valibot";
import { isJsonObject, type JsonObject } from "../domain/json-object.ts";

/**
 * The kinds of parameter that GitLab's REST API declares, each with the coercions its clients rely on: one value may
 * arrive as JSON, as text in a form or in the query. Every schema here is for a parameter that was given; wrap it in
 * `optional()` or `required()`.
 */

/** Sentences of GitLab's parameter errors, told apart by the issue's message. */
export const isEmpty = "is empty";
export const notInList = "does not have a valid value";
export const isNotSupported = "is not supported";

const trueWords = new Set(["true", "1", "t", "yes", "on"]);
const falseWords = new Set(["false", "0", "f", "no", "off"]);

export function text() {
  return v.pipe(
    v.union([v.string(), v.number()]),
    v.transform((value) => String(value)),
  );
}

/** Text that may not be blank. */
export function filledText() {
  return v.pipe(
    text(),
    v.check((value) => value.trim() !== "", isEmpty),
  );
}

export function boolean() {
  return v.pipe(
    v.union([v.boolean(), v.string(), v.number()]),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const word = String(dataset.value).toLowerCase();
      if (trueWords.has(word)) return true;
      if (falseWords.has(word)) return false;
      addIssue({ message: "is invalid" });
      return NEVER;
    }),
  );
}

export function integer() {
  return v.pipe(v.union([v.number(), v.pipe(v.string(), v.trim(), v.regex(/^-?\d{1,16}$/), v.transform(Number))]), v.safeInteger());
}

export function oneOf<const T extends readonly string[]>(values: T) {
  return v.pipe(text(), v.picklist(values, notInList));
}

/** One of the numbers, as a number or in digits. */
export function oneOfNumbers<const T extends readonly number[]>(values: T) {
  return v.pipe(integer(), v.picklist(values, notInList));
}

/** Longer than any spelling of a point in time. */
const longestInstant = 40;

/** What a list may hold, so that a body of nothing but elements is refused before they are looked at. */
const mostElements = 1000;

/** A calendar day. `""` is none. A date with a time gives its day. Answers `YYYY-MM-DD` or null. */
export function day() {
  return v.pipe(
    v.string(),
    v.trim(),
    v.maxLength(longestInstant),
    v.check((value) => value === "" || isDay(value.slice(0, 10))),
    v.transform((value) => (value === "" ? null : value.slice(0, 10))),
  );
}

/** A point in time: a day (its midnight, UTC) or an ISO 8601 date and time. `""` is none. */
export function instant() {
  return v.pipe(
    v.string(),
    v.trim(),
    v.maxLength(longestInstant),
    v.check((value) => value === "" || (isDay(value.slice(0, 10)) && !Number.isNaN(toInstant(value).getTime()))),
    v.transform((value) => (value === "" ? null : toInstant(value))),
  );
}

/** A time without a zone is UTC. */
function toInstant(value: string): Date {
  return new Date(/^.{10}T.*(Z|[+-]\d\d:?\d\d)$/i.test(value) || !value.includes("T") ? value : `${value}Z`);
}

/** Whether the calendar has this day: `2021-02-31` does not become 3 March. */
function isDay(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

/** A list: JSON, `a[]=1&a[]=2`, or numbered elements. Blank elements are dropped. */
export function list<const T extends v.GenericSchema>(element: T) {
  return v.pipe(
    v.unknown(),
    v.transform((value) => elementsOf(value)),
    v.check((value) => !Array.isArray(value) || value.length <= mostElements),
    v.array(element),
  );
}

/** A list that may also come as one text with commas. */
export function commaList<const T extends v.GenericSchema>(element: T) {
  return v.pipe(
    v.unknown(),
    v.transform((value) => (typeof value === "string" || typeof value === "number" ? String(value).split(",") : value)),
    list(element),
  );
}

/** A list that may be very long: the first element that is none refuses it. */
export function longList<const T extends v.GenericSchema>(element: T) {
  return v.config(v.array(element), { abortEarly: true });
}

function elementsOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((each) => each !== "");
  if (value === "") return [];
  if (typeof value === "object" && value !== null && Object.keys(value).every((key) => /^\d+$/.test(key))) {
    return Object.values(value);
  }
  return value;
}

/** A JSON object as it was sent: what it holds is neither looked at nor copied. Null is missing. */
export function jsonObject(): v.GenericSchema<JsonObject> {
  const given = v.custom<JsonObject>(isJsonObject, ({ input }) => (input === null ? "is missing" : "is invalid"));
  // Documented as an object, which `custom` would not be.
  return { ...v.looseObject({}), "~run": (dataset, config) => given["~run"](dataset, config) };
}

/** For an object of parameters: one of the named ones at least has to be given, be it null. */
export function atLeastOneOf<Params extends object>(names: readonly string[]) {
  return v.check<Params, string>(
    (params) => names.some((name) => name in params),
    `${names.join(", ")} are missing, at least one parameter must be provided`,
  );
}

/** For an object of parameters: one of the named ones has to be given, and no other of them. */
export function exactlyOneOf<const Name extends string, Params extends { [Key in Name]?: unknown }>(names: readonly Name[]) {
  return v.rawCheck<Params>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const given = names.filter((name) => dataset.value[name] !== undefined);
    if (given.length === 0) addIssue({ message: `${names.join(", ")} are missing, exactly one parameter must be provided` });
    if (given.length > 1) addIssue({ message: `${given.join(", ")} are mutually exclusive` });
  });
}

/** What GitLab takes and this does not: blank is not given; anything else is refused, for it would be passed over. */
export function unsupported() {
  return v.pipe(
    text(),
    v.check((value) => value.trim() === "", isNotSupported),
  );
}

/** May be left out; JSON null is the same as leaving it out. */
export function optional<const T extends v.GenericSchema>(schema: T) {
  return v.pipe(
    v.nullish(schema),
    v.transform((value) => value ?? undefined),
  );
}
