import { createHash } from "node:crypto";
import { v5 } from "uuid";
import { isJsonObject } from "../json-object.ts";

/**
 * What tells findings of one agent apart: the fingerprint of the first identifier, and where it was found. Both are known
 * before the agent is.
 */
export interface FindingKey {
  /** SHA-1, 40 hex digits. */
  primaryIdentifier: string;
  /** `<namespace>:<kind>:<name>:<container>:<package name>`; what is not told is empty, and keeps its colon. */
  locationText: string;
}

export function findingKeyOf(identifiers: readonly { name: string }[], location: Record<string, unknown>): FindingKey {
  return { primaryIdentifier: identifierFingerprint(identifiers[0]?.name ?? ""), locationText: locationTextOf(location) };
}

/** The type of an identifier follows from its name, whatever type was sent with it, and its value does not count (contract kas 7.3). */
export function identifierFingerprint(name: string): string {
  const word = name.toUpperCase();
  const type = word.includes("CVE") ? "cve" : word.includes("CWE") ? "cwe" : "other";
  return sha1(`${type}:${name}`);
}

/** `container_name` is what later reports call the container. */
export function locationTextOf(location: Record<string, unknown>): string {
  const resource = (key: string) => textAt(location, "kubernetes_resource", key);
  const container = resource("container") || resource("container_name");
  return [resource("namespace"), resource("kind"), resource("name"), container, textAt(location, "dependency", "package", "name")].join(
    ":",
  );
}

/** What a location is stored and found by, the agent apart: SHA-1, 40 hex digits. */
export function locationDigest(locationText: string): string {
  return sha1(locationText);
}

export function locationFingerprint(agentId: number, locationText: string): string {
  return sha1(`${agentId}:${locationText}`);
}

/** The namespace of the UUIDs of GitLab's findings. */
const findingNamespace = "58dc0f06-936c-43b3-93bb-71693f1b6570";
/** GitLab's number of the report type `cluster_image_scanning`. */
const reportTypeNumber = 7;

/** The UUID that a finding of this agent has, however often it is reported (contract kas 7.3). */
export function findingUuid({ primaryIdentifier, locationText }: FindingKey, agent: { id: number; projectId: number }): string {
  const name = [reportTypeNumber, primaryIdentifier, locationFingerprint(agent.id, locationText), agent.projectId].join("-");
  return v5(name, findingNamespace);
}

/** The scalar that lies there, as text. The location is free: whatever else lies there tells nothing. */
function textAt(location: Record<string, unknown>, ...path: readonly string[]): string {
  let part: unknown = location;
  for (const key of path) part = isJsonObject(part) ? part[key] : undefined;
  return typeof part === "string" || typeof part === "number" || typeof part === "boolean" ? String(part) : "";
}

function sha1(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}
