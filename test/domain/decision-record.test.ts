import { expect, it } from "vitest";
import type { AccessDecision } from "../../src/domain/access/decide.ts";
import { recordOf, type DecisionRecord } from "../../src/domain/access/decision-record.ts";
import type { AccessFacts } from "../../src/domain/access/facts.ts";
import { refusals } from "../../src/domain/access/refusal.ts";
import type { AccessRequest } from "../../src/domain/access/request.ts";
import { parseRepositoryPath } from "../../src/domain/identity/gl-repository.ts";
import { aKey, aProject, aPush, aRequest, aSnippet, aUser, someFacts, targetOf, updatesOf } from "../setup/facts.ts";

const answered = { status: 200, address: "192.0.2.1", requestId: "r-1" };
const target = targetOf("project", aProject());
const allowed: AccessDecision = { kind: "allowed", target, notVerified: ["lfs_integrity"] };
const refused: AccessDecision = {
  kind: "refused",
  refusal: refusals.branch_push,
  stoppedBy: "branch_push",
  ref: "refs/heads/main",
  notVerified: ["force_push"],
};
const record = (
  request: Partial<AccessRequest> = {},
  facts: AccessFacts = someFacts(),
  decision: AccessDecision = allowed,
): DecisionRecord => recordOf(aRequest(request), facts, decision, answered);

it("git-access 18.1: what is kept of a call that was let in", () => {
  expect(record()).toEqual({
    call: "allowed",
    actor: "user-7",
    username: "ada",
    keyFingerprint: null,
    glRepository: "project-42",
    project: "engines/analytical",
    action: "git-upload-pack",
    protocol: "ssh",
    isAllowed: true,
    status: 200,
    reason: "allowed",
    ref: null,
    refCount: null,
    notVerified: ["lfs_integrity"],
    verb: null,
    wants: null,
    haves: null,
    address: "192.0.2.1",
    requestId: "r-1",
  });
});

it("of a push that was refused: why, which ref, and how many there were", () => {
  const request = aPush({ changes: updatesOf("refs/heads/main", "refs/heads/x") });
  expect(recordOf(request, someFacts(), refused, { ...answered, status: 401 })).toMatchObject({
    action: "git-receive-pack",
    isAllowed: false,
    status: 401,
    reason: "branch_push",
    ref: "refs/heads/main",
    refCount: 2,
    notVerified: ["force_push"],
  });
});

it("accounts 13: of an audit event the same, with what was done", () => {
  const event = { verb: "clone", wants: 3, haves: 0 } as const;
  expect(recordOf(aRequest(), someFacts(), allowed, answered, event)).toEqual({ ...record(), call: "git_audit_event", ...event });
});

it("of one that brings a project into being", () => {
  const project = { namespaceId: 100, path: "x", creatorId: 7, ownerId: null, defaultBranch: null, defaultBranchProtection: null };
  const made = record({ changes: "any" }, someFacts({ target: null }), { kind: "create", project, notVerified: [] });
  expect(made).toMatchObject({ isAllowed: true, reason: "allowed", glRepository: null, project: "engines/analytical", ref: null });
});

it("who asked: as they were named, and a name as its user", () => {
  const actor = (named: Partial<AccessRequest["actor"]>, facts = someFacts()) =>
    record({ actor: { keyId: null, keyAs: "key", userId: null, username: null, ...named } }, facts);
  expect(actor({ keyId: 11 }, someFacts({ key: aKey() }))).toMatchObject({ actor: "key-11", username: "ada", keyFingerprint: "x" });
  expect(actor({ userId: 9 }, someFacts({ user: null }))).toMatchObject({ actor: "user-9", username: null, keyFingerprint: null });
  expect(actor({ username: "ada" })).toMatchObject({ actor: "user-7" });
  expect(actor({ username: "nobody" }, someFacts({ user: null }))).toMatchObject({ actor: null });
  expect(actor({ userId: 7 }, someFacts({ user: aUser({ id: 7 }) }))).toMatchObject({ actor: "user-7" });
});

it("which repository: what was found, else what was asked for", () => {
  const byId = { repository: { identifier: { type: "wiki" as const, id: 9 } } };
  expect(record(byId, someFacts({ target: null }))).toMatchObject({ glRepository: "wiki-9", project: null });
  expect(record(byId)).toMatchObject({ glRepository: "project-42", project: "engines/analytical" });
  const lost = { repository: { path: parseRepositoryPath("/lost/place.git") } };
  expect(record(lost, someFacts({ target: null }))).toMatchObject({ glRepository: null, project: "lost/place" });
  const personal = someFacts({ target: targetOf("snippet", null, aSnippet()) });
  expect(record(byId, personal)).toMatchObject({ glRepository: "snippet-5", project: null });
});

it("texts that are too long to be names of anything are kept cut", () => {
  const long = "a".repeat(256);
  const cut = `${"a".repeat(255)}…`;
  const decision = { ...refused, ref: long };
  const kept = recordOf(
    aRequest({ action: long, protocol: long, repository: { path: parseRepositoryPath(long) } }),
    someFacts({ target: null }),
    decision,
    { ...answered, address: long },
  );
  expect(kept).toMatchObject({ action: cut, protocol: cut, project: cut, ref: cut, address: cut });
  const longest = "a".repeat(255);
  expect(record({ action: longest }).action).toBe(longest);
  expect(recordOf(aRequest(), someFacts(), allowed, { ...answered, address: null }).address).toBeNull();
});
