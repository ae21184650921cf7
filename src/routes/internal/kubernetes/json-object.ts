import * as v from "valibot";
import { isJsonObject, type JsonObject } from "../../../domain/json-object.ts";

/** A JSON object as it was sent: what it holds is neither looked at nor copied. Null is missing. */
export function jsonObject(): v.GenericSchema<JsonObject> {
  const given = v.custom<JsonObject>(isJsonObject, ({ input }) => (input === null ? "is missing" : "is invalid"));
  // Documented as an object, which `custom` would not be.
  return { ...v.looseObject({}), "~run": (dataset, config) => given["~run"](dataset, config) };
}
