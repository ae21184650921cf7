/** Judges one or more pushes of 100,000 refs at once, from the bytes of the body on; run with a small heap (large-push.test.ts). */
import { noPushFacts } from "../../../src/domain/access/facts.ts";
import { parseAccessRequest } from "../../../src/domain/access/parse-request.ts";
import { readParams } from "../../../src/http/params.ts";
import { decideAccess } from "../../setup/decide.ts";
import { aMembership, now, someFacts } from "../../setup/facts.ts";

const refs = 100_000;
const head = '{"action":"git-receive-pack","protocol":"ssh","gl_repository":"project-42","user_id":"7","changes":"';
const line = (index: number) => `${"a".repeat(40)} ${"b".repeat(40)} refs/heads/branch-${String(index).padStart(20, "0")}\\n`;

/** The body as it comes over the network: never whole in memory here. */
function aLargePush(): Request {
  const encoder = new TextEncoder();
  const length = head.length + refs * line(0).length + 2;
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(head)),
    pull(controller) {
      const piece = Array.from({ length: Math.min(500, refs - sent) }, (_, index) => line(sent + index)).join("");
      sent += 500;
      controller.enqueue(encoder.encode(sent < refs ? piece : `${piece}"}`));
      if (sent >= refs) controller.close();
    },
  });
  const headers = { "Content-Type": "application/json", "Content-Length": String(length) };
  return new Request("http://gitlab.example.test/", { method: "POST", body, headers, duplex: "half" } as RequestInit);
}

const rule = { id: 1, name: "stable-*", isInherited: false, allowsForcePush: false, levels: [] };
const facts = someFacts({ memberships: [aMembership(30)], push: { ...noPushFacts, branchRules: [rule] } });

async function judge(): Promise<string> {
  const { values } = await readParams(aLargePush(), {}, { limitBytes: 16 * 1024 * 1024, unwrapsText: false });
  const request = parseAccessRequest(values);
  // The facts are loaded meanwhile, with the push in memory.
  await new Promise((resolve) => setTimeout(resolve, 5));
  const count = typeof request.changes === "string" ? 0 : request.changes.count;
  return `${decideAccess(request, facts, now).kind} ${count}`;
}

const atOnce = Number(process.argv[2]);
console.log((await Promise.all(Array.from({ length: atOnce }, judge))).join(", "));
