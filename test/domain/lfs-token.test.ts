import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceptLfsClaims, newLfsClaims } from "../../src/domain/lfs/claims.ts";
import { containerGid, lfsContainerOf, parseContainerGid, type LfsTarget } from "../../src/domain/lfs/container.ts";
import {
  holderActor,
  holderName,
  holderOf,
  holderSecret,
  parsePresentedName,
  presentedHolder,
  type LfsHolder,
  type LfsKey,
  type StatedLfsUser,
} from "../../src/domain/lfs/holder.ts";
import { parseNamedRepository } from "../../src/domain/lfs/named-repository.ts";
import { parseRepositoryPath } from "../../src/domain/identity/gl-repository.ts";
import { userStates } from "../../src/domain/identity/user-state.ts";

const now = new Date("2021-06-13T12:00:00.700Z");
const instanceKey = "0123456789abcdefghijklmnopqrstuv";
const ada: StatedLfsUser = {
  id: 29,
  username: "ada",
  passwordStamp: "ijklmnopqrstuv12",
  state: "active",
  userType: "human",
  isConfirmed: true,
  isLocked: false,
  lockedUntil: null,
  passwordExpiresAt: null,
};
const userKey: LfsKey = { id: 11, kind: "user", fingerprint: "n2n73tkhP1Y5kgGFj9JtcRM/2lGtI627F/as+aKXMIY", lastUsedAt: null };
const deployKey: LfsKey = { ...userKey, id: 21, kind: "deploy" };
const holderAda: LfsHolder = { kind: "user", id: 29, username: "ada", passwordStamp: "ijklmnopqrstuv12" };
const holderKey: LfsHolder = { kind: "deploy_key", id: 21, fingerprint: deployKey.fingerprint };

describe("whose token it is", () => {
  it.each<[string, LfsKey | null, StatedLfsUser | null, LfsHolder | null]>([
    ["a user", null, ada, holderAda],
    ["a user's key signs as its user", userKey, ada, holderAda],
    ["a deploy key signs as itself, whoever made it", deployKey, ada, holderKey],
    ["a deploy key without a creator", deployKey, null, holderKey],
    ["a key of nobody", userKey, null, null],
    ["nobody", null, null, null],
  ])("%s", (_, key, user, holder) => {
    expect(holderOf({ key, user })).toEqual(holder);
  });

  it("is a name for Git LFS, and an actor for everybody else", () => {
    expect([holderAda, holderKey].map(holderName)).toEqual(["ada", "lfs+deploy-key-21"]);
    expect([holderAda, holderKey].map(holderActor)).toEqual(["user-29", "key-21"]);
  });

  it("the secrets of accounts 10.1: the user's by id, stamp and half the instance key, the deploy key's by fingerprint", () => {
    expect(holderSecret(holderAda, instanceKey)).toBe("29ijklmnopqrstuv120123456789abcdef");
    expect(holderSecret({ ...holderAda, passwordStamp: "ghijklmnopqrstuv12" }, instanceKey)).toBe("29ijklmnopqrstuv120123456789abcdef");
    expect(holderSecret(holderKey, instanceKey)).toBe("n2n73tkhP1Y5kgGF0123456789abcdefghijklmnopqrstuv");
  });
});

describe("a name that is presented", () => {
  it.each([
    ["ada", { username: "ada" }],
    ["lfs+deploy-key-21", { deployKeyId: 21 }],
    ["lfs+deploy-key-1", { deployKeyId: 1 }],
    ["lfs+deploy-key-9007199254740991", { deployKeyId: 9007199254740991 }],
    ["lfs+deploy-key-9007199254740992", { username: "lfs+deploy-key-9007199254740992" }],
    ["xlfs+deploy-key-21", { username: "xlfs+deploy-key-21" }],
    ["lfs+deploy-key-021", { username: "lfs+deploy-key-021" }],
    ["lfs+deploy-key-0", { username: "lfs+deploy-key-0" }],
    ["LFS+deploy-key-21", { username: "LFS+deploy-key-21" }],
    ["lfs+deploy-key-21\n", { username: "lfs+deploy-key-21\n" }],
    ["lfs+deploy-key-99999999999999999999", { username: "lfs+deploy-key-99999999999999999999" }],
    ["", null],
    ["a".repeat(255), { username: "a".repeat(255) }],
    ["a".repeat(256), null],
  ])("%j", (name, presented) => {
    expect(parsePresentedName(name)).toEqual(presented);
  });

  it.each(["Ada", "ADA", "ada ", "bob", "lfs+deploy-key-29"])("%j is not ada's", (name) => {
    expect(presentedHolder(name, { key: null, user: ada }, now)).toBeNull();
  });

  it("is nobody's where the user may not use Git", () => {
    const mayHold = (change: Partial<StatedLfsUser>) => presentedHolder("ada", { key: null, user: { ...ada, ...change } }, now) !== null;
    expect(userStates.filter((state) => mayHold({ state }))).toEqual(["active"]);
    expect(mayHold({ isLocked: true })).toBe(false);
    expect(mayHold({ lockedUntil: new Date(now.getTime() + 1) })).toBe(false);
    expect(mayHold({ lockedUntil: now })).toBe(true);
    expect(mayHold({ isConfirmed: false })).toBe(false);
    expect(mayHold({ passwordExpiresAt: now })).toBe(false);
    expect(mayHold({ passwordExpiresAt: new Date(now.getTime() + 1) })).toBe(true);
    expect(mayHold({ userType: "ghost" })).toBe(false);
    expect(mayHold({ userType: "project_bot" })).toBe(true);
  });

  it("is a deploy key's whatever became of its creator", () => {
    expect(presentedHolder("lfs+deploy-key-21", { key: deployKey, user: null }, now)).toEqual(holderKey);
    expect(presentedHolder("lfs+deploy-key-22", { key: deployKey, user: null }, now)).toBeNull();
  });
});

describe("containers", () => {
  it.each([
    [{ type: "project", id: 3 } as const, "gid://gitlab/Project/3"],
    [{ type: "wiki", id: 3 } as const, "gid://gitlab/ProjectWiki/3"],
    [{ type: "design", id: 3 } as const, "gid://gitlab/DesignManagement::Repository/3"],
  ])("%j is %s, and back", (container, gid) => {
    expect(containerGid(container)).toBe(gid);
    expect(parseContainerGid(gid)).toEqual(container);
  });

  it.each([
    "",
    "3",
    "gid://gitlab/Project/0",
    "gid://gitlab/Project/03",
    "gid://gitlab/Project/3/4",
    "gid://gitlab/project/3",
    "gid://gitlab/PersonalSnippet/3",
    "gid://gitlab/constructor/3",
    "gid://other/Project/3",
    "xgid://gitlab/Project/3",
    "gid://gitlab/Project/99999999999999999999",
    "gid://gitlab/Project/3\n",
  ])("%j is none", (gid) => {
    expect(parseContainerGid(gid)).toBeNull();
  });

  it("are projects, wikis and designs where LFS is on", () => {
    const project = { id: 3, fullPath: "gnuwget/wget2", isLfsEnabled: true };
    const of = (target: LfsTarget | null) => lfsContainerOf(target);
    for (const type of ["project", "wiki", "design"] as const) {
      expect(of({ type, project })).toEqual({ type, id: 3, fullPath: `gnuwget/wget2${type === "project" ? "" : `.${type}`}` });
      expect(of({ type, project: { ...project, isLfsEnabled: false } })).toBeNull();
    }
    expect(of({ type: "snippet", project })).toBeNull();
    expect(of({ type: "snippet", project: null })).toBeNull();
    expect(of(null)).toBeNull();
  });

  it.each([
    [{}, null],
    [{ gl_repository: null, project: null }, null],
    [{ gl_repository: " ", project: "" }, null],
    [{ gl_repository: "wiki-3", project: "a/b" }, { identifier: { type: "wiki", id: 3 } }],
    [{ project: "/a/b.git" }, { path: { path: "a/b", wikiPath: null, designPath: null, snippet: null } }],
    [{ gl_repository: "whatever", project: "a/b" }, "unknown"],
    [{ gl_repository: "whatever", project: "whatever" }, "unknown"],
    [{ gl_repository: 3 }, "unknown"],
    [{ gl_repository: ["project-3"] }, "unknown"],
    [{ project: { a: 1 } }, "unknown"],
  ])("that a request names: %j", (params, named) => {
    expect(parseNamedRepository(params)).toEqual(named);
  });

  it("that a request names, by a path of at most 4096 characters", () => {
    const path = "a".repeat(4096);
    expect(parseNamedRepository({ project: path })).toEqual({ path: parseRepositoryPath(path) });
    expect(parseNamedRepository({ project: `${path}a` })).toBe("unknown");
  });
});

describe("claims", () => {
  const container = { type: "project", id: 3 } as const;
  const target: LfsTarget = { type: "project", project: { id: 3, fullPath: "gnuwget/wget2", isLfsEnabled: false } };
  const claims = newLfsClaims(holderAda, container, "5f1c3c0e-5f0e-4c53-9b0b-2f7d6e0c9a11", now);

  it("of a new token: half an hour, from five seconds ago on, in whole seconds", () => {
    expect(claims).toEqual({
      data: { actor: "ada", container_gid: "gid://gitlab/Project/3" },
      jti: "5f1c3c0e-5f0e-4c53-9b0b-2f7d6e0c9a11",
      iat: 1623585600,
      nbf: 1623585595,
      exp: 1623587400,
    });
  });

  it.each<[string, string | undefined, LfsTarget | null, ReturnType<typeof acceptLfsClaims>]>([
    ["for the container that is named", "gid://gitlab/Project/3", target, { container }],
    ["where none is named", "gid://gitlab/Project/3", null, { container }],
    ["112 a token without container, for any", undefined, target, { container: null }],
    ["a token without container, for none", undefined, null, { container: null }],
    ["another project", "gid://gitlab/Project/4", target, null],
    ["the wiki of the project", "gid://gitlab/ProjectWiki/3", target, null],
    ["a container that is none", "gid://gitlab/Snippet/3", null, null],
  ])("%s", (_, gid, named, accepted) => {
    const data = gid === undefined ? { actor: "ada" } : { actor: "ada", container_gid: gid };
    expect(acceptLfsClaims({ ...claims, data }, holderAda, named)).toEqual(accepted);
  });

  it("of somebody else are not accepted, though the secret is the same", () => {
    // A stamp that is too short: then 2 and 9… look like 29 and ….
    const eve: LfsHolder = { kind: "user", id: 2, username: "eve", passwordStamp: "9jklmnopqrstuv12" };
    const shortStamped: LfsHolder = { ...holderAda, passwordStamp: "jklmnopqrstuv12" };
    expect(holderSecret(eve, instanceKey)).toBe(holderSecret(shortStamped, instanceKey));
    expect(acceptLfsClaims(claims, eve, null)).toBeNull();
    expect(acceptLfsClaims(claims, { ...holderAda, username: "Ada" }, null)).toBeNull();
    expect(acceptLfsClaims(claims, holderKey, null)).toBeNull();
  });

  it("secrets of two users differ, as long as stamps have sixteen characters", () => {
    const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    const stamp = fc.string({ minLength: 16, maxLength: 16, unit: fc.constantFrom("0", "1", "2", "9", "a", "A", "-", "_") });
    fc.assert(
      fc.property(id, stamp, id, stamp, (firstId, firstStamp, secondId, secondStamp) => {
        fc.pre(firstId !== secondId || firstStamp !== secondStamp);
        const secretOf = (userId: number, passwordStamp: string) =>
          holderSecret({ kind: "user", id: userId, username: "x", passwordStamp }, instanceKey);
        expect(secretOf(firstId, firstStamp)).not.toBe(secretOf(secondId, secondStamp));
      }),
    );
  });

  it("a container is read back from its claim, whatever its number", () => {
    const type = fc.constantFrom("project" as const, "wiki" as const, "design" as const);
    fc.assert(
      fc.property(type, fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (each, id) => {
        const { data } = newLfsClaims(holderAda, { type: each, id }, "j", now);
        expect(parseContainerGid(data.container_gid)).toEqual({ type: each, id });
      }),
    );
  });
});
