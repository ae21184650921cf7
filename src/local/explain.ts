/**
 * `npm run explain -- --user-id 2 --project demo/hello --push refs/heads/main`: asks an instance why an access is
 * allowed or refused, and prints every guard with what it looked at. Without --url it asks the one that `npm run dev` runs.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ensureDevVars } from "./dev-vars.ts";
import { chooseTarget } from "./explain-target.ts";
import { findRunning } from "./running.ts";

const usage = `npm run explain -- [who] [what] [where]

  who    --user-id N | --key-id N | --username NAME | --identifier user-N        nobody, where none is given
  what   --project PATH | --gl-repository project-N
         --action pull | push | archive                                          default: pull, push with changes
         --push REF … [--create | --delete] [--oldrev SHA] [--newrev SHA]        an update of made-up commits, unless said
         --changes FILE | -                                                      lines as Gitaly's hook gets them
         --protocol ssh | http | web --check-ip ADDRESS --namespace-path PATH
  where  --url ADDRESS --token TOKEN                                             default: what npm run dev runs here
         GATEHOUSE_TOKEN is taken where --token is not given, and the token in .dev.vars for npm run dev alone;
         CF_ACCESS_CLIENT_ID and CF_ACCESS_CLIENT_SECRET are sent to Cloudflare Access
  --json prints the answer as it is

✓ passed or not concerned, ✗ stopped, ? nobody could check, · not asked any more.
The exit status is 0 for every explanation, also of a refusal; 1 where there is none.`;

interface GuardLine {
  guard: string;
  outcome: "passed" | "stopped" | "not_verified" | "skipped";
  facts: Record<string, unknown>;
}
interface Explanation {
  allowed: boolean;
  status: number;
  message: string | null;
  reason: string;
  stopped_by: string | null;
  not_verified: string[];
  guards: GuardLine[];
  refs: { ref: string; oldrev: string; newrev: string; guards: GuardLine[] }[];
  refs_total: number;
}

const text = { type: "string" } as const;
const options = {
  "user-id": text,
  "key-id": text,
  username: text,
  identifier: text,
  project: text,
  "gl-repository": text,
  action: text,
  push: { type: "string", multiple: true },
  create: { type: "boolean" },
  delete: { type: "boolean" },
  oldrev: text,
  newrev: text,
  changes: text,
  protocol: text,
  "check-ip": text,
  "namespace-path": text,
  url: text,
  token: text,
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

const marks = { passed: "✓", stopped: "✗", not_verified: "?", skipped: "·" };

try {
  const { values } = parseArgs({ options });
  if (values.help) console.log(usage);
  else {
    refuseContradictions(values);
    const explanation = await ask(values);
    console.log(values.json ? JSON.stringify(explanation, null, 2) : print(explanation));
  }
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n(npm run explain -- --help)`);
  process.exitCode = 1;
}

/** Nothing that was given is passed over in silence. */
function refuseContradictions(values: Values): void {
  const several = (...names: (keyof Values)[]) => names.filter((name) => values[name] !== undefined).map((name) => `--${name}`);
  const exclusive = [
    several("user-id", "key-id", "username", "identifier"),
    several("project", "gl-repository"),
    several("push", "changes"),
    several("create", "delete"),
  ].find((given) => given.length > 1);
  if (exclusive !== undefined) throw new Error(`${exclusive.join(" and ")} exclude each other.`);
  if (several("project", "gl-repository").length === 0) throw new Error("--project or --gl-repository is missing.");
  const ofPush = several("create", "delete", "oldrev", "newrev");
  if (ofPush.length > 0 && values.push === undefined) throw new Error(`${ofPush.join(" and ")} belong to --push.`);
  const named = several("push", "changes");
  if (named.length > 0 && values.action !== undefined && !["push", "git-receive-pack"].includes(values.action)) {
    throw new Error(`${named.join("")} is for a push, not for --action ${values.action}.`);
  }
  for (const name of ["oldrev", "newrev"] as const) {
    if (values[name] !== undefined && !/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(values[name])) {
      throw new Error(`--${name} is a whole revision: 40 or 64 hex digits.`);
    }
  }
}

function request(values: Values): Record<string, string> {
  const changes = readChanges(values);
  const actions: Record<string, string> = { pull: "git-upload-pack", push: "git-receive-pack", archive: "git-upload-archive" };
  const action = values.action ?? (changes === undefined ? "pull" : "push");
  const given = {
    user_id: values["user-id"],
    key_id: values["key-id"],
    username: values.username,
    identifier: values.identifier,
    project: values.project,
    gl_repository: values["gl-repository"],
    check_ip: values["check-ip"],
    namespace_path: values["namespace-path"],
    action: actions[action] ?? action,
    protocol: values.protocol ?? "ssh",
    changes: changes ?? "_any",
  };
  return Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function readChanges(values: Values): string | undefined {
  if (values.changes !== undefined) return readFileSync(values.changes === "-" ? 0 : values.changes, "utf8");
  const nothing = "0".repeat(40);
  const oldrev = values.create ? nothing : (values.oldrev ?? "1".repeat(40));
  const newrev = values.delete ? nothing : (values.newrev ?? "2".repeat(40));
  return values.push?.map((ref) => `${oldrev} ${newrev} ${ref.startsWith("refs/") ? ref : `refs/heads/${ref}`}`).join("\n");
}

async function ask(values: Values): Promise<Explanation> {
  const { url, token } = chooseTarget({
    url: values.url,
    token: values.token,
    environmentToken: process.env["GATEHOUSE_TOKEN"],
    running: findRunning(),
    localToken: () => ensureDevVars()["GATEHOUSE_ROOT_TOKEN"] ?? "",
  });
  const { CF_ACCESS_CLIENT_ID: id, CF_ACCESS_CLIENT_SECRET: secret } = process.env;
  const response = await fetch(`${url}/api/v4/operator/explain`, {
    method: "POST",
    // Where it led, the token would go along.
    redirect: "manual",
    headers: {
      "Content-Type": "application/json",
      "PRIVATE-TOKEN": token,
      ...(id && secret ? { "CF-Access-Client-Id": id, "CF-Access-Client-Secret": secret } : {}),
    },
    body: JSON.stringify(request(values)),
  }).catch(() => {
    throw new Error(`Nothing answers at ${url}. Start it, or name another: --url ADDRESS --token TOKEN`);
  });
  if (response.status === 401) throw new Error(`${url} wants the token of an administrator: --token TOKEN, or GATEHOUSE_TOKEN.`);
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${await response.text()}`);
  return (await response.json()) as Explanation;
}

function print(explanation: Explanation): string {
  const { allowed, status, reason, message, refs, refs_total: total } = explanation;
  const head = allowed ? "Allowed" : `Refused (${status}, ${reason}): ${message?.trim()}`;
  const unverified = explanation.not_verified.length === 0 ? [] : [`Nobody could check: ${explanation.not_verified.join(", ")}`];
  const shown = refs.flatMap((ref) => ["", `  ${ref.ref}  ${short(ref.oldrev)} → ${short(ref.newrev)}`, ...lines(ref.guards, "    ")]);
  const rest = total > refs.length ? ["", `  … and ${total - refs.length} more refs are refused`] : [];
  return [head, ...unverified, "", ...lines(explanation.guards, "  "), ...shown, ...rest].join("\n");
}

function lines(guards: readonly GuardLine[], indent: string): string[] {
  const width = Math.max(...guards.map((each) => each.guard.length));
  return guards.map(({ guard, outcome, facts }) => {
    const told = Object.entries(facts).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    return `${indent}${marks[outcome]} ${guard.padEnd(width)}  ${outcome === "not_verified" ? "not verified  " : ""}${told.join(" ")}`.trimEnd();
  });
}

function short(revision: string): string {
  return /^0+$/.test(revision) ? "nothing" : revision.slice(0, 10);
}
