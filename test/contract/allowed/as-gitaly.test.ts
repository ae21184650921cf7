import { SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import type { UserRow } from "../../../src/db/users.ts";
import { asRoot, call, type Reply } from "../../setup/call.ts";
import { newrev, oldrev } from "../../setup/facts.ts";
import { testVars } from "../../setup/vars.ts";
import { addDeployKey, addGroup, addKey, addMember, addProject, addUser, type Project } from "../../setup/world.ts";

/** What Gitaly's pre-receive hook sends and reads, byte for byte (client cases I, contract clients 4.2). */

let project: Project;
let ada: UserRow;
let key: { id: number };
let robot: { id: number };

beforeAll(async () => {
  ada = await addUser({ username: "ada" });
  project = await addProject(await addGroup(), { isRepositoryEmpty: false });
  await addMember(ada, { project }, 30);
  key = await addKey(ada);
  robot = await addDeployKey(null, [{ project, canPush: true }]);
});

const quarantine = {
  GIT_ALTERNATE_OBJECT_DIRECTORIES_RELATIVE: ["objects", "../pool/objects"],
  GIT_OBJECT_DIRECTORY_RELATIVE: "objects/incoming-abc",
};

/** Ids are text, the quarantine is a document in a text, the project is a directory. Nothing that is empty is sent. */
const hook = (who: Record<string, string>, more: Record<string, unknown> = {}) => ({
  action: "git-receive-pack",
  gl_repository: `project-${project.id}`,
  project: "/var/opt/gitlab/git-data/repositories/@hashed/aa/bb/aabb.git",
  changes: `${oldrev} ${newrev} refs/heads/topic\n`,
  protocol: "ssh",
  env: JSON.stringify(quarantine),
  relative_path: "+gitaly/snapshots/1/@hashed/aa/bb/aabb.git",
  push_options: ["ci.skip", "merge_request.create"],
  gitaly_client_context_bin: btoa("{}"),
  ...who,
  ...more,
});

async function ask(json: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Reply> {
  const now = Math.floor(Date.now() / 1000);
  const jwt = await new SignJWT({ iss: "gitlab-shell", iat: now, exp: now + 60 })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(testVars.GITLAB_SHELL_SECRET));
  const sent = { "Gitlab-Shell-Api-Request": jwt, "User-Agent": "gitaly/18.9.0", Accept: "*/*", ...headers };
  return call("POST", "/internal/allowed", { json, headers: sent });
}

describe("who Gitaly says is pushing", () => {
  it.each<[string, () => Record<string, string>]>([
    ["C152: a key, its id as text", () => ({ key_id: String(key.id) })],
    ["a user by id", () => ({ user_id: String(ada.id) })],
    ["a user by name", () => ({ username: ada.username })],
  ])("%s", async (_, who) => {
    const { status, body } = await ask(hook(who()));
    expect([status, body.status, body.gl_id]).toEqual([200, true, `user-${ada.id}`]);
  });

  it("a deploy key without a maker pushes nothing", async () => {
    const { status, body } = await ask(hook({ key_id: String(robot.id) }));
    expect([status, body]).toEqual([401, { status: false, message: "You are not allowed to push code to this project." }]);
  });
});

describe("what Gitaly reads of the answer", () => {
  it("C153: the quarantine comes back in the repository", async () => {
    const { body } = await ask(hook({ user_id: String(ada.id) }));
    expect(body.gitaly.repository).toMatchObject({
      git_object_directory: quarantine.GIT_OBJECT_DIRECTORY_RELATIVE,
      git_alternate_object_directories: quarantine.GIT_ALTERNATE_OBJECT_DIRECTORIES_RELATIVE,
    });
    const none = await ask(hook({ user_id: String(ada.id) }, { env: '{"GIT_ALTERNATE_OBJECT_DIRECTORIES_RELATIVE":null}' }));
    expect(none.body.gitaly.repository).toMatchObject({ git_object_directory: "", git_alternate_object_directories: [] });
  });

  it.each<[string, Record<string, unknown>, number, string | null]>([
    ["C156, C157: an allowance", {}, 200, null],
    [
      "C160: a refusal",
      { changes: `${oldrev} ${"0".repeat(40)} refs/heads/main\n` },
      401,
      "The default branch of a project cannot be deleted.",
    ],
    [
      "C162: a repository that is not there",
      { gl_repository: "project-987654" },
      404,
      "The project you were looking for could not be found or you don't have permission to view it.",
    ],
    ["C161: malformed changes have a text too", { changes: "x" }, 400, "400 Bad request - changes is invalid"],
  ])("%s: JSON of exactly that type, with a string message", async (_, more, status, message) => {
    const reply = await ask(hook({ user_id: String(ada.id) }, more));
    expect([reply.status, reply.headers.get("Content-Type")]).toEqual([status, "application/json"]);
    if (message === null) expect(reply.body).toMatchObject({ status: true });
    else expect(reply.body).toEqual({ status: false, message });
  });

  it("C164: a limit is never a 429, which Gitaly shows nobody the text of", async () => {
    expect((await asRoot("PUT", "/application/settings", { json: { gitlab_shell_operation_limit: 1 } })).status).toBe(200);
    const statuses = await Promise.all(Array.from({ length: 5 }, async () => (await ask(hook({ user_id: String(ada.id) }))).status));
    expect(statuses).not.toContain(429);
  });
});

it("C168: whatever else stands in front adds credentials of its own, and they do not matter", async () => {
  const { status } = await ask(hook({ user_id: String(ada.id) }), { Authorization: `Basic ${btoa("proxy:password")}` });
  expect(status).toBe(200);
});
