import { Gitlab } from "@gitbeaker/rest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testVars } from "../setup/vars.ts";
import { startGatehouse, type Gatehouse } from "./setup/worker.ts";

let gatehouse: Gatehouse;
let root: InstanceType<typeof Gitlab<false>>;
let userId: number;

beforeAll(async () => {
  gatehouse = await startGatehouse();
  root = as(testVars.GATEHOUSE_ROOT_TOKEN);
  const ada = await root.Users.create({ email: "ada@example.test", username: "ada", name: "Ada", forceRandomPassword: true });
  userId = ada.id;
});
afterAll(() => gatehouse?.close());

const as = (token: string) => new Gitlab({ host: gatehouse.url, token });
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/** Types of the client leave out what the server shows once. */
const textOf = (token: object) => (token as { token: string }).token;

describe("personal access tokens, by @gitbeaker/rest", () => {
  it("D104 are made by an administrator, and shown, listed and removed by their owner", async () => {
    const made = await root.PersonalAccessTokens.create(userId, "ci", ["api", "read_user"], { expiresAt: inDays(30) });
    expect(made).toMatchObject({ name: "ci", scopes: ["api", "read_user"], expires_at: inDays(30), active: true, user_id: userId });
    const ada = as(textOf(made));
    const shown = await ada.PersonalAccessTokens.show({ tokenId: made.id });
    expect(shown).not.toHaveProperty("token");
    expect(shown).toMatchObject({ id: made.id, name: "ci", revoked: false });
    expect(await ada.PersonalAccessTokens.show()).toMatchObject({ id: made.id });
    expect((await ada.PersonalAccessTokens.all()).map(({ id }) => id)).toEqual([made.id]);
    await ada.PersonalAccessTokens.remove({ tokenId: made.id });
    await expect(ada.PersonalAccessTokens.show()).rejects.toThrow("invalid_token");
    const gone = await root.PersonalAccessTokens.all({ userId, state: "inactive", search: "CI" });
    expect(gone.map(({ id, revoked }) => [id, revoked])).toEqual([[made.id, true]]);
  });

  it("D115 are rotated; one that comes again takes the family along", async () => {
    const made = await root.PersonalAccessTokens.create(userId, "turning", ["api"]);
    const old = as(textOf(made));
    const next = await old.PersonalAccessTokens.rotate(made.id);
    expect(next).toMatchObject({ name: "turning", scopes: ["api"], expires_at: inDays(7) });
    const live = as(textOf(next));
    expect(await live.PersonalAccessTokens.show()).toMatchObject({ id: next.id });
    await expect(old.PersonalAccessTokens.rotate(made.id)).rejects.toThrow("invalid_token");
    await expect(live.PersonalAccessTokens.show()).rejects.toThrow("invalid_token");
  });

  it("D116 live as long as is asked for, and end themselves", async () => {
    const made = await root.PersonalAccessTokens.create(userId, "ends itself", ["api"]);
    const next = await root.PersonalAccessTokens.rotate(made.id, { expiresAt: inDays(60) });
    expect(next).toMatchObject({ expires_at: inDays(60) });
    const live = as(textOf(next));
    await live.PersonalAccessTokens.remove();
    await expect(live.PersonalAccessTokens.all()).rejects.toThrow("invalid_token");
  });

  it("D111, D112 are nobody else's", async () => {
    const ada = as(textOf(await root.PersonalAccessTokens.create(userId, "curious", ["api"])));
    await expect(ada.PersonalAccessTokens.all({ userId: 1 })).rejects.toThrow("401 Unauthorized");
    await expect(root.PersonalAccessTokens.all({ userId: 999_999 })).rejects.toThrow("404 Not Found");
  });
});
