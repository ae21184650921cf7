import * as v from "valibot";
import { isJsonObject } from "../domain/json-object.ts";

/**
 * An object of parameters within the parameters, as GitLab declares a Hash: where it is missing or no object, whatever it
 * has to hold is told of as missing, too (contract kas 7.2). Whatever holds a `hash` has to be one: `v.object` does not run
 * the schema of a key that is missing.
 */
export function hash<const Entries extends v.ObjectEntries>(entries: Entries): v.ObjectSchema<Entries, undefined> {
  const whole = v.object(entries);
  const absent = Object.fromEntries(Object.keys(entries).map((name) => [name, undefined]));
  return {
    ...whole,
    "~run"({ value }, config) {
      if (isJsonObject(value)) return whole["~run"]({ value: { ...absent, ...value } }, config);
      // A list is an object to valibot: null, which is none, stands for it.
      const itself = whole["~run"]({ value: Array.isArray(value) ? null : value }, config);
      if (itself.typed) return itself;
      const parts = whole["~run"]({ value: absent }, config);
      return { typed: false, value, issues: [...itself.issues, ...(parts.issues ?? [])] };
    },
  };
}
