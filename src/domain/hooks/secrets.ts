import * as v from "valibot";
import type { FieldErrors } from "../fault.ts";
import { fillInVariables } from "./address.ts";
import { judgeDestination } from "./destination.ts";

const NamedValue = v.object({ key: v.string(), value: v.string() });
export type NamedValue = v.InferOutput<typeof NamedValue>;

/** What is kept of a hook under seal: each part may be a credential, or lead to one. */
export const HookSecrets = v.object({
  /** With the names of URL variables in braces. */
  url: v.string(),
  token: v.nullable(v.string()),
  customHeaders: v.array(NamedValue),
  urlVariables: v.array(NamedValue),
});
export type HookSecrets = v.InferOutput<typeof HookSecrets>;

/** What a call changes; what is left out stays. */
export type SecretsChange = { [Name in keyof HookSecrets]?: HookSecrets[Name] | undefined };

export const longestUrl = 2048;
const longestToken = 2048;
const longestValue = 2048;
const longestKey = 100;
const mostValues = 20;

/** Names of custom headers and of URL variables, as GitLab takes them. */
const keyPattern = /^[A-Za-z]+[0-9]*(?:[._-][A-Za-z0-9]+)*$/;

/** What the request itself says, or what says how it is carried: another value would be dropped, or split the request. */
const ownHeaders =
  /^(?:x-gitlab-.*|idempotency-key|content-.*|user-agent|host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|cf-.*)$/i;

export function isLegalHeader({ key, value }: NamedValue): boolean {
  return isLegalKey(key) && !ownHeaders.test(key) && isLegalLength(value) && /^[\t\x20-\x7e]+$/.test(value);
}

export function isLegalVariable({ key, value }: NamedValue): boolean {
  return isLegalKey(key) && isLegalLength(value) && value.isWellFormed();
}

function isLegalKey(key: string): boolean {
  return key.length <= longestKey && keyPattern.test(key);
}

function isLegalLength(value: string): boolean {
  return value !== "" && value.length <= longestValue;
}

/**
 * A hook's secrets after a change. Without secrets that can be read, what the change does not name is empty.
 *
 * A token that is not sent along is dropped with the URL that it was for (contract provisioning 13), and so are custom
 * headers and URL variables: whoever may change the URL may not read them, and could have them sent to themselves. A
 * variable that leads the same URL to another host is such a change.
 */
export function changeSecrets(old: HookSecrets | null, change: SecretsChange): HookSecrets {
  const url = change.url ?? old?.url ?? "";
  const urlVariables = change.urlVariables ?? (old?.url === url ? old.urlVariables : []);
  const isSameAddress = old !== null && old.url === url && originOf(old) === originOf({ url, urlVariables });
  return {
    url,
    urlVariables,
    customHeaders: change.customHeaders ?? (isSameAddress ? old.customHeaders : []),
    token: change.token === undefined ? (isSameAddress ? old.token : null) : change.token,
  };
}

/** The same with one header set. */
export function setHeader(old: HookSecrets, header: NamedValue): HookSecrets {
  return changeSecrets(old, { customHeaders: [...old.customHeaders.filter(({ key }) => !isSameHeader(key, header.key)), header] });
}

/** The same with one variable set: alone, where it leads the URL to another host than the one that the others were for. */
export function setVariable(old: HookSecrets, variable: NamedValue): HookSecrets {
  const others = old.urlVariables.filter(({ key }) => !isSameVariable(key, variable.key));
  const changed = { url: old.url, urlVariables: [...others, variable] };
  return changeSecrets(old, originOf(changed) === originOf(old) ? changed : { urlVariables: [variable] });
}

function originOf({ url, urlVariables }: Pick<HookSecrets, "url" | "urlVariables">): string | null {
  return URL.parse(fillInVariables(url, urlVariables) ?? "")?.origin ?? null;
}

/** Why secrets cannot be kept: a sentence about the URL, or errors by field. */
export type SecretsProblem = { url: string } | { fields: FieldErrors };

/** Null where everything is legal, and the URL, with its variables filled in, may be called. */
export function problemOfSecrets(secrets: HookSecrets, allowLocal: boolean): SecretsProblem | null {
  const { url, token, customHeaders, urlVariables } = secrets;
  const filled = url.length > longestUrl ? null : fillInVariables(url, urlVariables);
  if (filled === null || !judgeDestination(filled, allowLocal).allowed) return { url: "Invalid url given" };
  const fields: FieldErrors = {};
  const tokenError = errorOfToken(token ?? "");
  if (tokenError !== null) fields["token"] = [tokenError];
  if (!areLegal(customHeaders, isLegalHeader, isSameHeader)) fields["custom_headers"] = [`must be at most ${mostValues} legal headers`];
  if (!areLegal(urlVariables, isLegalVariable, isSameVariable)) fields["url_variables"] = [`must be at most ${mostValues} legal variables`];
  return Object.keys(fields).length === 0 ? null : { fields };
}

/** A token is sent as a header, which can say nothing else as it stands. */
function errorOfToken(token: string): string | null {
  if (/[\r\n]/.test(token)) return "must not contain newlines";
  if (!/^[\x20-\x7e]*$/.test(token)) return "must be printable ASCII";
  return token.length > longestToken ? `is too long (maximum is ${longestToken} characters)` : null;
}

function areLegal(
  values: readonly NamedValue[],
  isLegal: (value: NamedValue) => boolean,
  isSame: (a: string, b: string) => boolean,
): boolean {
  if (values.length > mostValues || !values.every(isLegal)) return false;
  return values.every(({ key }, index) => !values.slice(0, index).some((other) => isSame(other.key, key)));
}

/** Whatever their letter case, as HTTP reads names of headers. */
export function isSameHeader(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

export function isSameVariable(one: string, other: string): boolean {
  return one === other;
}
