import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { testVars } from "../setup/vars.ts";
import { provisionAt, type Provision } from "./setup/provision.ts";
import { startGatehouse, type Gatehouse } from "./setup/worker.ts";

let gatehouse: Gatehouse;
let provision: Provision;
let receiver: Server;
let address: string;
let projectId: number;
const received: { headers: IncomingHttpHeaders; body: { ref: string } }[] = [];

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
      response.end("thanks");
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  address = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  gatehouse = await startGatehouse();
  provision = provisionAt(gatehouse.url);
  await provision("PUT", "/application/settings", { allow_local_requests_from_web_hooks_and_services: true });
  projectId = (await provision("POST", "/projects", { name: "analytical" })).id;
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await gatehouse?.close();
});

/** As Gitaly tells of a push. */
async function push(branch: string): Promise<void> {
  const changes = `${"0".repeat(40)} 0123456789abcdef0123456789abcdef01234567 refs/heads/${branch}\n`;
  const response = await fetch(`${gatehouse.url}/api/v4/internal/post_receive`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Gitlab-Shared-Secret": Buffer.from(testVars.GITLAB_SHELL_SECRET).toString("base64") },
    body: JSON.stringify({ gl_repository: `project-${projectId}`, identifier: "user-1", changes }),
  });
  expect(response.status).toBe(200);
}

it("a web hook with a regular expression is called for the branches that it finds, by the Worker as it is deployed", async () => {
  const hooks = `/projects/${projectId}/hooks`;
  const filter = { branch_filter_strategy: "regex", push_events_branch_filter: String.raw`^release/v\d+$` };
  await expect(
    provision("POST", hooks, { url: `http://${address}/`, ...filter, push_events_branch_filter: String.raw`^release/(` }),
  ).rejects.toThrow('answered 422 {"error":"Invalid branch filter given"}');
  const hook = await provision("POST", hooks, { url: `http://ada:pass@${address}/in`, token: "s3cret", ...filter });
  // Pushes are judged in the order in which they were accepted: with the last one all others are.
  for (const branch of ["main", "release/next", "release/v1", "feature/release/v2", "release/v3"]) await push(branch);
  const told = () => received.map(({ body }) => body.ref).toSorted();
  await vi.waitFor(() => expect(told()).toEqual(["refs/heads/release/v1", "refs/heads/release/v3"]), { timeout: 30_000 });
  expect(received[0]!.headers).toMatchObject({
    "x-gitlab-event": "Push Hook",
    "x-gitlab-token": "s3cret",
    "x-gitlab-instance": gatehouse.url,
    authorization: `Basic ${btoa("ada:pass")}`,
  });
  await vi.waitFor(async () => {
    const events = await provision("GET", `${hooks}/${hook.id}/events`);
    expect(events.map((event: any) => [event.response_status, event.response_body])).toEqual([
      ["200", "thanks"],
      ["200", "thanks"],
    ]);
  });
});
