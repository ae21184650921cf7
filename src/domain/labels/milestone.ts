import type { FieldErrors } from "../fault.ts";
import { collectErrors, descriptionError, lengthError } from "../identity/name.ts";
import { longestDescription } from "./label.ts";

const longestTitle = 255;

/** What is wrong with a milestone, by field. Days are `YYYY-MM-DD`. */
export function milestoneErrors(milestone: {
  title: string;
  description: string | null;
  startDate: string | null;
  dueDate: string | null;
}): FieldErrors {
  const { title, description, startDate, dueDate } = milestone;
  const isBackwards = startDate !== null && dueDate !== null && dueDate < startDate;
  return collectErrors({
    title: titleError(title),
    description: descriptionError(description ?? undefined, longestDescription),
    due_date: isBackwards ? "must be greater than start date" : null,
  });
}

function titleError(title: string): string | null {
  if (title.trim() === "") return "can't be blank";
  return /\p{Cc}/u.test(title) ? "is invalid" : lengthError(title, longestTitle);
}
