import * as v from "valibot";
import { text } from "./fields.ts";

/** Where the next page of a keyset list begins, as the opaque text that its `Link` carries. */
export function writeCursor(position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

/** A cursor that was given out before, as the position it was made of; anything else `is invalid`. */
export function cursor<const T extends v.GenericSchema>(position: T) {
  return v.pipe(
    text(),
    v.transform((given) => Buffer.from(given, "base64url").toString()),
    v.parseJson(),
    position,
  );
}
