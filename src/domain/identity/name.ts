import type { FieldErrors } from "../fault.ts";
import { isLegalSegment } from "./path.ts";

/** Longest name of a group, project or user. */
const longestName = 255;

/** What is wrong with the name of a group or project; null where nothing is. */
export function nameError(name: string): string | null {
  if (name.trim() === "") return "can't be blank";
  // Control characters would let a name pretend to be several lines of a log or a push message.
  const isOneLine = !/\p{Cc}/u.test(name);
  return lengthError(name, longestName) ?? (isOneLine ? null : "can contain only letters, digits, emoji, '_', '.', '+', dashes, or spaces");
}

/** What is wrong with a text that may have so many characters; null where nothing is, or where it is not given. */
export function lengthError(text: string | undefined, longest: number): string | null {
  return text !== undefined && text.length > longest ? `is too long (maximum is ${longest} characters)` : null;
}

/** What is wrong with the last segment of a full path (contract provisioning 5.2, 7.1); null where nothing is. */
export function pathError(path: string, isReserved: (path: string) => boolean): string | null {
  if (path === "") return "can't be blank";
  if (!isLegalSegment(path)) {
    return "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or '.atom', or end in '.'";
  }
  return isReserved(path) ? `${path} is a reserved name` : null;
}

/** The same for a group at the top: of digits alone, its path would be taken for an id (contract provisioning 1.1). */
export function topLevelPathError(path: string, isReserved: (path: string) => boolean): string | null {
  return pathError(path, isReserved) ?? (/^\d+$/.test(path) ? "can't consist of digits only" : null);
}

/** What is wrong with the description of a group or project: text of several lines. Null where nothing is, or where it is not given. */
export function descriptionError(description: string | undefined, longest: number): string | null {
  const hasControls = description !== undefined && /[^\P{Cc}\t\n\r]/u.test(description);
  return lengthError(description, longest) ?? (hasControls ? "can't contain control characters other than tabs and newlines" : null);
}

/** Errors by field, without the fields that have none. */
export function collectErrors(errors: Record<string, string | null>): FieldErrors {
  return Object.fromEntries(Object.entries(errors).flatMap(([field, error]) => (error === null ? [] : [[field, [error]]])));
}
