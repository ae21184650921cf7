import type { FieldErrors } from "../fault.ts";
import { collectErrors, descriptionError, lengthError } from "../identity/name.ts";

const longestName = 255;
/** Of labels and milestones: a page shows a hundred of them. */
export const longestDescription = 65_535;

/** Whether a label may be called so: a comma would part it in two wherever labels are listed. */
export function isLabelName(name: string): boolean {
  return labelNameError(name) === null;
}

function labelNameError(name: string): string | null {
  if (name.trim() === "") return "can't be blank";
  return /,|\p{Cc}/u.test(name) ? "is invalid" : lengthError(name, longestName);
}

const hexColor = /^#(?:[0-9a-f]{3}){1,2}$/i;

/** What is wrong with a label, by field; what is not given is not looked at. */
export function labelErrors(label: {
  name?: string | undefined;
  color?: string | undefined;
  description?: string | undefined;
}): FieldErrors {
  const { name, color, description } = label;
  return collectErrors({
    title: name === undefined ? null : labelNameError(name),
    color: color === undefined || hexColor.test(color) ? null : "must be a valid color code",
    description: descriptionError(description, longestDescription),
  });
}

/** `#RRGGBB`, of `#RGB` too. */
export function fullColor(color: string): string {
  return color.length === 4 ? `#${color.slice(1).replace(/./g, "$&$&")}` : color;
}

/** The colour in which a label's name is legible on its own. */
export function textColorOn(color: string): string {
  const channels = [1, 3, 5].map((at) => Number.parseInt(fullColor(color).slice(at, at + 2), 16));
  return channels.reduce((sum, channel) => sum + channel, 0) > 500 ? "#1F1E24" : "#FFFFFF";
}
