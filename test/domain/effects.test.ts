import { describe, expect, it } from "vitest";
import type { DecisionRecord } from "../../src/domain/access/decision-record.ts";
import { effectsOf, type AccessEffects } from "../../src/domain/access/effects.ts";
import type { AccessFacts, TargetFacts } from "../../src/domain/access/facts.ts";
import type { AccessRequest } from "../../src/domain/access/request.ts";
import { parseRepositoryPath } from "../../src/domain/identity/gl-repository.ts";
import { aKey, aProject, aPush, aRequest, aSnippet, aUser, inHours, now, someFacts, targetOf } from "../setup/facts.ts";

const urls = { ssh: "git@gitlab.example.test:", http: "https://clone.example.test/", external: "https://gitlab.example.test" };
const record = { call: "allowed", requestId: "r" } as DecisionRecord;
const code = targetOf("project", aProject());

function effects(
  request: AccessRequest,
  facts: AccessFacts,
  allowed: { target: TargetFacts; wasCreated: boolean } | null = { target: code, wasCreated: false },
): AccessEffects {
  return effectsOf(request, facts, allowed, urls, record, now);
}

describe("git-access 16.2: what a call writes", () => {
  it("the use of a key once a day, also of one that is refused", () => {
    const used = (lastUsedAt: Date | null) => effects(aRequest(), someFacts({ key: aKey({ lastUsedAt }) }), null).usedKeyId;
    expect(used(null)).toBe(11);
    expect(used(inHours(-24))).toBe(11);
    expect(used(new Date(inHours(-24).getTime() + 1))).toBeNull();
    expect(used(inHours(-25))).toBe(11);
    expect(used(now)).toBeNull();
    expect(effects(aRequest(), someFacts()).usedKeyId).toBeNull();
  });

  it("a user's activity once a day, for what they fetched", () => {
    const active = (request: AccessRequest, lastActivityOn: string | null, allowed = true) =>
      effects(request, someFacts({ user: aUser({ lastActivityOn }) }), allowed ? undefined : null).activeUserId;
    expect(active(aRequest(), null)).toBe(7);
    expect(active(aRequest({ action: "git-upload-archive" }), "2026-03-14")).toBe(7);
    expect(active(aRequest(), "2026-03-15")).toBeNull();
    expect(active(aPush(), null)).toBeNull();
    expect(active(aRequest(), null, false)).toBeNull();
    expect(effects(aRequest(), someFacts({ user: null })).activeUserId).toBeNull();
  });

  it("nothing of the user who made a deploy key", () => {
    const facts = someFacts({ key: aKey({ kind: "deploy" }) });
    const moved = aRequest({ repository: { path: parseRepositoryPath("old/place") } });
    expect(effects(moved, facts)).toEqual({ usedKeyId: 11, activeUserId: null, message: null, decision: record });
    const owned = someFacts({ key: aKey() });
    expect(effects(aRequest(), owned)).toEqual({ usedKeyId: 11, activeUserId: 7, message: null, decision: record });
  });

  it("the decision, where decisions are kept at all", () => {
    const kept = (days: number) => effects(aRequest(), someFacts({ settings: { decision_log_days: days } }), null).decision;
    expect(kept(1)).toBe(record);
    expect(kept(0)).toBeNull();
  });

  it("nothing on an instance whose database takes no writes", () => {
    const facts = someFacts({ key: aKey(), instance: { isReadOnly: true } });
    const moved = aRequest({ repository: { path: parseRepositoryPath("old/place") } });
    expect(effects(moved, facts)).toEqual({ usedKeyId: null, activeUserId: null, message: null, decision: null });
  });
});

describe("git-access 4.2: who asked by a former path is told of the present one", () => {
  const asked = (path: string, target: TargetFacts, protocol = "ssh") =>
    effects(aRequest({ repository: { path: parseRepositoryPath(path) }, protocol }), someFacts(), { target, wasCreated: false }).message;

  it("with the address to use, over SSH or over HTTP", () => {
    const moved = (label: string, from: string, to: string, url: string) =>
      `${label} '${from}' was moved to '${to}'.\n\nPlease update your Git remote:\n\n  git remote set-url origin ${url}\n`;
    expect(asked("/old/place.git", code)).toEqual({
      kind: "moved",
      userId: 7,
      glRepository: "project-42",
      text: moved("Project", "old/place", "engines/analytical", "git@gitlab.example.test:engines/analytical.git"),
    });
    for (const protocol of ["http", "web", ""]) {
      expect(asked("old/place", code, protocol)?.text).toBe(
        moved("Project", "old/place", "engines/analytical", "https://clone.example.test/engines/analytical.git"),
      );
    }
  });

  it.each<[string, string, TargetFacts, string]>([
    ["a wiki", "old/place.wiki", targetOf("wiki", aProject()), "Project wiki 'old/place.wiki' was moved to 'engines/analytical.wiki'."],
    [
      "a project's snippet",
      "old/place/snippets/5",
      targetOf("snippet", aProject(), aSnippet()),
      "Project snippet 'old/place/snippets/5' was moved to 'engines/analytical/snippets/5'.",
    ],
    [
      "a personal snippet",
      "old/snippets/5",
      targetOf("snippet", null, aSnippet()),
      "Personal snippet 'old/snippets/5' was moved to 'snippets/5'.",
    ],
    ["designs", "old/place.design", targetOf("design", aProject()), "Project 'old/place.design' was moved to 'engines/analytical.design'."],
  ])("%s", (_, path, target, firstLine) => {
    expect(asked(path, target)?.text.split("\n")[0]).toBe(firstLine);
  });

  it("and not of another spelling, nor where an id was asked for", () => {
    expect(asked("Engines/ANALYTICAL", code)).toBeNull();
    expect(asked("engines/analytical", targetOf("project", aProject({ fullPath: "Engines/Analytical" })))).toBeNull();
    const byId = aRequest({ repository: { identifier: { type: "project", id: 42 } } });
    expect(effects(byId, someFacts()).message).toBeNull();
  });

  it("where it was let in, and is somebody", () => {
    const moved = aPush({ repository: { path: parseRepositoryPath("old/place") } });
    expect(effects(moved, someFacts(), null).message).toBeNull();
    expect(effects(moved, someFacts({ user: null })).message).toBeNull();
    expect(effects(moved, someFacts()).message?.kind).toBe("moved");
  });
});

it("push 3.3: whoever pushed a project into being is told where it is", () => {
  const created = { target: code, wasCreated: true };
  const text = (url: string) =>
    `\nThe private project engines/analytical was successfully created.\n\nTo configure the remote, run:\n  git remote add origin ${url}\n\nTo view the project, visit:\n  https://gitlab.example.test/engines/analytical\n\n`;
  expect(effects(aPush(), someFacts(), created).message).toEqual({
    kind: "created",
    userId: 7,
    glRepository: "project-42",
    text: text("git@gitlab.example.test:engines/analytical.git"),
  });
  expect(effects(aPush({ protocol: "http" }), someFacts(), created).message?.text).toBe(
    text("https://clone.example.test/engines/analytical.git"),
  );
});
