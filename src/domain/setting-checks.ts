import type { FieldErrors } from "./fault.ts";
import { isBranchName } from "./git/branch-name.ts";
import { collectErrors, lengthError } from "./identity/name.ts";
import { keyTypes, type KeyType } from "./identity/ssh-key.ts";
import { longestSettings } from "./settings.ts";

/** The largest number that GitLab's own columns take. */
const largest = 2_147_483_647;

/** The least and the greatest value of a setting (contract provisioning 15); of all other numbers 0 and `largest`. */
const bounds: Record<string, readonly [least: number, greatest: number]> = {
  max_ssh_key_lifetime: [1, 365],
  max_personal_access_token_lifetime: [1, 365],
  git_two_factor_session_expiry: [1, 10_080],
  // A hundred years: a day that a calendar has, whenever it is counted from.
  decision_log_days: [0, 36_500],
  max_attachment_size: [1, largest],
  throttle_authenticated_api_period_in_seconds: [1, largest],
  throttle_authenticated_api_requests_per_period: [1, largest],
};

const keySizes: Record<KeyType, readonly number[]> = {
  rsa: [1024, 2048, 3072, 4096],
  dsa: [1024, 2048, 3072],
  ecdsa: [256, 384, 521],
  ed25519: [256],
  ecdsa_sk: [256],
  ed25519_sk: [256],
};

const longestTexts: Record<string, number> = {
  personal_access_token_prefix: 20,
  home_page_url: 255,
  after_sign_out_path: 255,
  rate_limiting_response_text: 255,
  default_ci_config_path: 255,
  terms: 10_000,
};

/** Bytes of a list as JSON. With the texts above, both leave room for all other settings in `longestSettings`. */
const longestLists: Record<string, number> = { domain_allowlist: 8192, domain_denylist: 8192 };

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

/**
 * What is wrong with settings that are to be set, by name (contract provisioning 15); null clears a setting and is never
 * wrong. `storages`: the names of the storages that the deployment has.
 */
export function settingErrors(given: Readonly<Record<string, unknown>>, storages: readonly string[]): FieldErrors {
  const errors = collectErrors(Object.fromEntries(Object.entries(given).map(([name, value]) => [name, errorOf(name, value)])));
  const weights = weightErrors(given["repository_storages_weighted"], storages);
  return weights.length === 0 ? errors : { ...errors, repository_storages_weighted: weights };
}

function errorOf(name: string, value: unknown): string | null {
  if (typeof value === "number") return keySizeError(name, value) ?? boundError(name, value);
  if (typeof value === "string") return lengthError(value, longestTexts[name] ?? value.length) ?? formatError(name, value);
  const longest = longestLists[name];
  return longest !== undefined && bytesOf(value) > longest ? `is too long (maximum is ${longest} bytes in all)` : null;
}

/** What is wrong with settings that do not fit in one row with those that are there: told of the largest one. */
export function sizeErrors(given: Readonly<Record<string, unknown>>): FieldErrors {
  const [field = "base"] = Object.keys(given).toSorted((a, b) => bytesOf(given[b]) - bytesOf(given[a]));
  return { [field]: [`is too long for the settings as a whole (maximum is ${longestSettings} bytes)`] };
}

function keySizeError(name: string, value: number): string | null {
  const type = keyTypes.find((each) => name === `${each}_key_restriction`);
  if (type === undefined || value === -1 || value === 0 || keySizes[type].includes(value)) return null;
  return `must be forbidden, allowed, or one of these sizes: ${keySizes[type].join(", ")}`;
}

function boundError(name: string, value: number): string | null {
  const [least, greatest] = name.endsWith("_key_restriction") ? [-1, largest] : (bounds[name] ?? [0, largest]);
  if (value < least) return `must be greater than or equal to ${least}`;
  return value > greatest ? `must be less than or equal to ${greatest}` : null;
}

function formatError(name: string, value: string): string | null {
  switch (name) {
    case "default_branch_name":
      return isBranchName(value) ? null : "is invalid";
    case "personal_access_token_prefix":
      return /^[A-Za-z0-9_+=/@:.-]*$/.test(value)
        ? null
        : "can contain only letters of the Base64 alphabet (RFC4648) with the addition of '@', ':' and '.'";
    case "home_page_url":
    case "after_sign_out_path":
      return isWebAddress(value) ? null : "must be a valid URL";
    default:
      return null;
  }
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

/** How much of what is created a storage gets, in percent. */
function weightErrors(weights: unknown, storages: readonly string[]): string[] {
  if (typeof weights !== "object" || weights === null) return [];
  const foreign = Object.keys(weights).filter((name) => !storages.includes(name));
  const unbound = Object.entries(weights).filter(([, weight]) => typeof weight !== "number" || weight < 0 || weight > 100);
  return [
    ...(foreign.length === 0 ? [] : [`can't include: ${foreign.join(", ")}`]),
    ...unbound.map(([name]) => `value for '${name}' must be between 0 and 100`),
  ];
}
