import { isLegalSegment, longestFullPath } from "../identity/path.ts";
import { exceedsJsonLimits } from "../json-limits.ts";
import { isJsonObject, type JsonObject } from "../json-object.ts";

/** For whom an agent's configuration opens its cluster: pipelines (`ci_access`), or people (`user_access`). */
export const authorizedAccesses = ["ci", "user"] as const;
export type AuthorizedAccess = (typeof authorizedAccesses)[number];

/** `access_as` under `user_access`: the agent's own account or the user's; nothing of the kind; or more than one. */
export const userAccessKinds = ["agent", "user", "unstated", "several"] as const;
export type UserAccessKind = (typeof userAccessKinds)[number];

/** A project or group that a configuration lets in, by its full path in lower case, as it is named but for that. */
export interface ConfiguredPlace {
  access: AuthorizedAccess;
  kind: "project" | "group";
  path: string;
  /** What the configuration says besides of it: `default_namespace` and the like. */
  config: JsonObject;
}

export interface AgentConfiguration {
  userAccess: UserAccessKind | null;
  places: ConfiguredPlace[];
}

/** Entries of each list that count; those behind them do not. */
const mostEntries = 500;

/** What is kept of an entry besides its path; of one that says more, nothing is. */
const configLimits = { bytes: 16 * 1024, depth: 20 };

/**
 * What kas posts as an agent's configuration (contract kas 10). Whatever does not look as it should is passed over, since
 * kas would post the same again: nothing is let in by it. Of two entries of one path the later counts.
 */
export function readAgentConfiguration(config: JsonObject): AgentConfiguration {
  const places = [
    ...placesOf(config["ci_access"], "ci", "projects"),
    ...placesOf(config["ci_access"], "ci", "groups"),
    ...placesOf(config["user_access"], "user", "projects"),
    ...placesOf(config["user_access"], "user", "groups"),
  ];
  return { userAccess: userAccessOf(config["user_access"]), places };
}

function userAccessOf(userAccess: unknown): UserAccessKind | null {
  if (!isJsonObject(userAccess) || Object.keys(userAccess).length === 0) return null;
  const accessAs = userAccess["access_as"];
  const [kind, ...others] = isJsonObject(accessAs) ? Object.keys(accessAs) : [];
  if (others.length > 0) return "several";
  return kind === "agent" || kind === "user" ? kind : "unstated";
}

function placesOf(section: unknown, access: AuthorizedAccess, list: "projects" | "groups"): ConfiguredPlace[] {
  const entries = isJsonObject(section) ? section[list] : undefined;
  if (!Array.isArray(entries)) return [];
  const kind = list === "projects" ? "project" : "group";
  const places = entries.slice(0, mostEntries).flatMap((entry: unknown): ConfiguredPlace[] => {
    if (!isJsonObject(entry)) return [];
    const { id, ...config } = entry;
    if (typeof id !== "string" || !isFullPath(id)) return [];
    return [{ access, kind, path: id.toLowerCase(), config: exceedsJsonLimits(config, configLimits) ? {} : config }];
  });
  return [...new Map(places.map((place) => [place.path, place])).values()];
}

function isFullPath(path: string): boolean {
  return path.length <= longestFullPath && path.split("/").every(isLegalSegment);
}
