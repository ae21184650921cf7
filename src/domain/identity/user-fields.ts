import type { FieldErrors } from "../fault.ts";
import { collectErrors, lengthError, nameError, pathError } from "./name.ts";
import { isReservedTopLevel } from "./path.ts";

/** Texts of a profile that are kept and echoed, and that no rule reads. */
export const profileTexts = [
  "bio",
  "location",
  "pronouns",
  "job_title",
  "organization",
  "website_url",
  "skype",
  "linkedin",
  "twitter",
  "discord",
] as const;

const longestText = 255;
const longestNote = 5000;
const shortestPassword = 8;
/** Largest number that clients may read into 32 bits. */
const highestLimit = 2_147_483_647;

/** What a request says about a user, as far as it can be wrong; undefined is not given. */
export type JudgedUser = {
  email?: string | undefined;
  username?: string | undefined;
  name?: string | undefined;
  public_email?: string | undefined;
  commit_email?: string | undefined;
  note?: string | undefined;
  projects_limit?: number | undefined;
  provider?: string | undefined;
  extern_uid?: string | undefined;
} & { [Name in (typeof profileTexts)[number]]?: string | undefined };

/**
 * What is wrong with what a request says about a user, by field; empty where nothing is (contract provisioning 5.2).
 * Whether a name is taken is known to the database. `password` is null where none is set, which is judged only then.
 */
export function errorsOfUser(user: JudgedUser, password: string | null): FieldErrors {
  return collectErrors({
    email: user.email === undefined ? null : emailError(user.email),
    username: user.username === undefined ? null : pathError(user.username, isReservedTopLevel),
    name: user.name === undefined ? null : nameError(user.name),
    public_email: optionalEmailError(user.public_email),
    commit_email: optionalEmailError(user.commit_email),
    note: lengthError(user.note, longestNote),
    projects_limit: limitError(user.projects_limit),
    "identities.provider": lengthError(user.provider, longestText),
    "identities.extern_uid": lengthError(user.extern_uid, longestText),
    ...Object.fromEntries(profileTexts.map((name) => [name, lengthError(user[name], longestText)])),
    password: password === null ? null : passwordError(password),
  });
}

function emailError(email: string): string | null {
  if (email.trim() === "") return "can't be blank";
  return lengthError(email, longestText) ?? (/^[^@\s\p{Cc}]+@[^@\s\p{Cc}]+$/u.test(email) ? null : "is invalid");
}

function optionalEmailError(email: string | undefined): string | null {
  return email === undefined || email === "" ? null : emailError(email);
}

function limitError(limit: number | undefined): string | null {
  if (limit === undefined) return null;
  if (limit < 0) return "must be greater than or equal to 0";
  return limit > highestLimit ? `must be less than or equal to ${highestLimit}` : null;
}

function passwordError(password: string): string | null {
  if (password === "") return "can't be blank";
  return password.length < shortestPassword ? `is too short (minimum is ${shortestPassword} characters)` : null;
}
