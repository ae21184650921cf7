import { isJsonObject, type JsonObject } from "../json-object.ts";
import { firstCharacters, storableText } from "../text.ts";
import { alertSeverities, type AlertDomain, type AlertSeverity } from "./alert.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { parseStartTime } from "./started-at.ts";

/** An alert as an agent raises it. */
export interface RaisedAlert {
  title: string;
  description: string | null;
  service: string | null;
  monitoringTool: string;
  hosts: string[];
  severity: AlertSeverity;
  startedAt: Date;
  domain: AlertDomain;
  fingerprint: string | null;
  /** The whole payload as JSON. */
  payload: string;
}

/** Characters. */
const longest = { title: 200, description: 1000, service: 100, hosts: 255 };

/**
 * Reads what kas passes on (contract kas 6.2): a Hubble flow with the policy that it broke, or the payload of any other alert.
 * Whatever is not what it should be is as if it were left out. The payload has to be within its limits (limits.ts).
 */
export function readAlertPayload(payload: JsonObject, now: Date): RaisedAlert {
  const { flow, ciliumNetworkPolicy: policy } = payload;
  const isOfCilium = isJsonObject(flow) || isJsonObject(policy);
  const title = textOf(at(policy, "metadata", "name")) ?? textOf(payload["title"]) ?? "New: Alert";
  const description =
    textOf(at(flow, "verdict")) ?? textOf(at(flow, "dropReasonDesc")) ?? textOf(payload["description"]) ?? textOf(payload["message"]);
  const service = textOf(payload["service"]);
  return {
    title: cut(title, longest.title),
    description: description === null ? null : cut(description, longest.description),
    service: service === null ? null : cut(service, longest.service),
    monitoringTool: "Cilium",
    hosts: hostsOf(payload["hosts"]),
    severity: severityOf(payload["severity"]),
    startedAt: parseStartTime(payload["start_time"]) ?? now,
    domain: isOfCilium ? "threat_monitoring" : "operations",
    fingerprint: fingerprintOf(payload),
    payload: JSON.stringify(payload),
  };
}

function at(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce<unknown>((inner, name) => (isJsonObject(inner) ? inner[name] : undefined), value);
}

/** Text that is not blank, as the database gives it back as it was; or a number in digits. */
function textOf(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string" || value.trim() === "") return null;
  return storableText(value);
}

/** At most so many characters, the last three of which say that there were more. */
function cut(text: string, limit: number): string {
  return firstCharacters(text, limit) === text ? text : `${firstCharacters(text, limit - 3)}...`;
}

/** One host or a list of them, lists within lists too; those for which there is no more room are shortened or left out. */
function hostsOf(value: unknown): string[] {
  const hosts: string[] = [];
  let room = longest.hosts;
  for (const host of [value].flat(Infinity)) {
    if (room === 0) break;
    const start = firstCharacters(textOf(host) ?? "", room);
    if (start === "") continue;
    hosts.push(start);
    room -= Array.from(start).length;
  }
  return hosts;
}

function severityOf(value: unknown): AlertSeverity {
  const word = typeof value === "string" ? value.toLowerCase() : "";
  return alertSeverities.find((severity) => severity === word) ?? "critical";
}
