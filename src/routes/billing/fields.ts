import * as v from "valibot";
import { parseDateText } from "../../domain/date-text.ts";
import { boolean, text } from "../../http/fields.ts";

/**
 * The portal's parameters (contract customers 7). Blank and null are null, and count as sent; what is left out stays
 * undefined. Wrap in `v.optional()` where it may be left out; without it, a parameter that is left out is missing.
 */

const blank = v.pipe(
  v.nullable(v.literal("")),
  v.transform(() => null),
);

/** As the database's columns of GitLab hold. */
const largest = 2 ** 31 - 1;

export function nullableInteger() {
  const digits = v.pipe(v.string(), v.regex(/^[+-]?\d{1,16}$/), v.transform(Number));
  return v.union([blank, v.pipe(v.union([v.number(), digits]), v.integer(), v.minValue(-largest), v.maxValue(largest))]);
}

export function nullableBoolean() {
  return v.union([blank, boolean()]);
}

/** `YYYY-MM-DD`. */
export function nullableDate() {
  return v.union([
    blank,
    v.pipe(
      v.string(),
      v.rawTransform(({ dataset, addIssue, NEVER }) => {
        const day = parseDateText(dataset.value);
        if (day === null) addIssue({ message: "is invalid" });
        return day ?? NEVER;
      }),
    ),
  ]);
}

/** Null and text as they are: an empty text is no null. */
export function nullableText() {
  return v.nullable(text());
}

/** The same without one pair of quotation marks around it, as the seed document's samples send it. */
export function unquotedText() {
  return v.pipe(
    nullableText(),
    v.transform((value) => (value === null ? null : (/^"(.*)"$/s.exec(value)?.[1] ?? value))),
  );
}
