import type { NamedValue } from "./secrets.ts";

/** A name between braces, as GitLab spells the placeholders of a hook's URL: `https://host/{path}`. */
const placeholder = /\{([A-Za-z]+[0-9]*(?:[._-][A-Za-z0-9]+)*)\}/g;

/** Once filled in, no URL that may be called is longer; the rest would only take memory. */
const longestFilled = 8192;

/** The URL with its variables filled in; null where one of them is unknown, or where it becomes longer than any that may be called. */
export function fillInVariables(url: string, variables: readonly NamedValue[]): string | null {
  const values = new Map(variables.map(({ key, value }) => [key, value]));
  let filled = "";
  let end = 0;
  for (const match of url.matchAll(placeholder)) {
    const value = values.get(match[1] ?? "");
    if (value === undefined || filled.length + value.length > longestFilled) return null;
    filled += url.slice(end, match.index) + value;
    end = match.index + match[0].length;
  }
  return filled + url.slice(end);
}

/** The URL as the delivery log shows it: with the names of its variables, and without user name and password. */
export function shownUrl(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/?#]*@/i, "$1");
}

/** `Basic …` for the user name and password in a URL; null where it has none. A name that is not percent-encoded stands as it is. */
export function basicAuthorization(url: URL): string | null {
  if (url.username === "" && url.password === "") return null;
  const text = `${decoded(url.username)}:${decoded(url.password)}`;
  return `Basic ${Buffer.from(text).toString("base64")}`;
}

/** The address without user name and password, which `fetch` refuses to take. */
export function withoutUserInfo(url: URL): string {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare.href;
}

export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
