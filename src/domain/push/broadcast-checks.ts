import type { FieldErrors } from "../fault.ts";
import { collectErrors, descriptionError, lengthError } from "../identity/name.ts";

/** Whoever pushes is shown it whole. */
const longestMessage = 10_000;
const longestPath = 255;

/** What is judged of a broadcast message that is made or changed; undefined is not. */
export interface BroadcastTexts {
  message?: string | undefined;
  target_path?: string | undefined;
  font?: string | undefined;
  color?: string | undefined;
}

/** What is wrong with them, by field as GitLab names it. */
export function broadcastErrors({ message, target_path: path, font, color }: BroadcastTexts): FieldErrors {
  return collectErrors({
    // Control characters would move the cursor of the terminal that a push is made from.
    message: message?.trim() === "" ? "can't be blank" : descriptionError(message, longestMessage),
    target_path: lengthError(path, longestPath) ?? (path !== undefined && /\p{Cc}/u.test(path) ? "is invalid" : null),
    font: colorError(font),
    color: colorError(color),
  });
}

/** `#RGB` or `#RRGGBB`; blank is none. */
function colorError(color: string | undefined): string | null {
  const isGood = color === undefined || color === "" || /^#(?:[0-9a-f]{3}){1,2}$/i.test(color);
  return isGood ? null : "must be a valid color code";
}
