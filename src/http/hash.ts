import * as v from "valibot";

/**
 * An object of parameters within the parameters, as GitLab declares a Hash: where it is missing, or something else, what
 * it has to hold is missing too, and told of behind it (contract kas 7.2). The parameters that hold it have to be one
 * themselves, since a plain object says of what is missing nothing but that.
 */
export function hash<const Entries extends v.ObjectEntries>(entries: Entries): v.ObjectSchema<Entries, undefined> {
  const whole = v.object(entries);
  const absent = Object.fromEntries(Object.keys(entries).map((name) => [name, undefined]));
  return {
    ...whole,
    "~run"({ value }, config) {
      if (isHash(value)) return whole["~run"]({ value: { ...absent, ...value } }, config);
      const itself = whole["~run"]({ value: withoutList(value) }, config);
      if (itself.typed) return itself;
      const parts = whole["~run"]({ value: absent }, config);
      return { typed: false, value, issues: [...itself.issues, ...(parts.issues ?? [])] };
    },
  };
}

/** An object of which no more is declared than these, and that is taken with all it holds. */
export function freeHash<const Entries extends v.ObjectEntries>(entries: Entries): v.LooseObjectSchema<Entries, undefined> {
  const whole = v.looseObject(entries);
  return { ...whole, "~run": ({ value }, config) => whole["~run"]({ value: withoutList(value) }, config) };
}

/** A list is an object to valibot: null, which is none, stands for it. */
function withoutList(value: unknown): unknown {
  return Array.isArray(value) ? null : value;
}

function isHash(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
