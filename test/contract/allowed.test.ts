import { expect, it, describe } from "vitest";
import { asShell } from "../setup/call.ts";
import { addDeployKey, addGroup, addKey, addMember, addProject, addUser } from "../setup/world.ts";

const pull = { action: "git-upload-pack", protocol: "ssh", changes: "_any" };

describe("success", () => {
  it("answers a developer's fetch with all that gitlab-shell needs", async () => {
    const ada = await addUser({ username: "ada" });
    const group = await addGroup({ path: "engines" });
    const project = await addProject(group, { path: "analytical" });
    await addMember(ada, { group }, 30);
    const key = await addKey(ada);
    const reply = await asShell("POST", "/internal/allowed", {
      json: { ...pull, key_id: String(key.id), project: "/engines/analytical.git" },
    });
    console.log(JSON.stringify(reply.body, null, 1), reply.headers.get("server-timing"));
    expect(reply.status).toBe(200);
    const reply2 = await asShell("POST", "/internal/allowed", {
      json: { ...pull, action: "git-receive-pack", key_id: String(key.id), project: "/ada/new-one.git" },
    });
    console.log(JSON.stringify(reply2.body, null, 1), reply2.headers.get("server-timing"));
  });
});
