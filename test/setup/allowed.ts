import { expect } from "vitest";
import type { Reply } from "./call.ts";
import { shellCall } from "./swapped.ts";

export const pull = { action: "git-upload-pack", protocol: "ssh", changes: "_any" };
export const archive = { ...pull, action: "git-upload-archive" };
/** As gitlab-shell asks, before anything is sent. */
export const push = { ...pull, action: "git-receive-pack" };
/** What Gitaly's hook says is pushed: one commit on master. */
export const someChanges = `${"a".repeat(40)} ${"b".repeat(40)} refs/heads/master`;

/** `POST /internal/allowed`, with some vars or bindings replaced. Comes back when the effects are written. */
export function ask(json: Record<string, unknown>, swap: Parameters<typeof shellCall>[2] = {}): Promise<Reply> {
  return shellCall("/internal/allowed", { json }, swap);
}

/** Who asks: a key as gitlab-shell names it, or a user as Gitaly does for HTTP. */
export const byKey = (key: { id: number }) => ({ key_id: String(key.id) });
export const byUser = (user: { id: number }) => ({ user_id: String(user.id) });

/** The answer's two parts that a refusal consists of. */
export async function outcome(reply: Promise<Reply>): Promise<{ status: number; body: unknown }> {
  const { status, body } = await reply;
  return { status, body };
}

export const refused = (message: string) => ({ status: 401, body: { status: false, message } });
export const missing = (message: string) => ({ status: 404, body: { status: false, message } });
export const malformed = (message: string) => ({ status: 400, body: { status: false, message: `400 Bad request - ${message}` } });

/** The texts of contract git-access 6 that several topics share. */
export const texts = {
  project: "The project you were looking for could not be found or you don't have permission to view it.",
  namespace: "The namespace you were looking for could not be found.",
  wiki: "The wiki you were looking for could not be found.",
  snippet: "The snippet you were looking for could not be found.",
  download: "You are not allowed to download code from this project.",
  upload: "You are not allowed to upload code for this project.",
  push: "You are not allowed to push code to this project.",
};

/** A row of the log as the operator sees it: the key of `ada` fetched from `engines/analytical` over SSH. */
export const allowedFetch = (
  key: { id: number; fingerprintSha256: string },
  project: { id: number },
  values: Record<string, unknown>,
): Record<string, unknown> => ({
  id: expect.any(Number),
  created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  call: "allowed",
  actor: `key-${key.id}`,
  username: "ada",
  key_fingerprint: `SHA256:${key.fingerprintSha256}`,
  gl_repository: `project-${project.id}`,
  project: "engines/analytical",
  action: "git-upload-pack",
  protocol: "ssh",
  allowed: true,
  status: 200,
  reason: "allowed",
  ref: null,
  ref_count: null,
  not_verified: [],
  verb: null,
  wants: null,
  haves: null,
  ...values,
});
