import * as fc from "fast-check";
import { expect, it } from "vitest";
import { decideAccess } from "../setup/decide.ts";
import { refusals } from "../../src/domain/access/refusal.ts";
import { effectiveAccess, type Membership } from "../../src/domain/identity/access-level.ts";
import { formatGlRepository, parseGlRepository, parseRepositoryPath, repositoryTypes } from "../../src/domain/identity/gl-repository.ts";
import { keyTypes } from "../../src/domain/identity/ssh-key.ts";
import { userStates, userTypes } from "../../src/domain/identity/user-state.ts";
import { featureLevels, visibilities } from "../../src/domain/identity/visibility.ts";
import { maybe, mostly, pushFacts, repository } from "../setup/drawn.ts";
import { aGroup, aKey, aProject, aRequest, aSnippet, aUser, inHours, named, now, someFacts, targetOf } from "../setup/facts.ts";

const level = fc.constantFrom(0, 5, 10, 15, 20, 30, 40, 50);
const moment = fc.option(fc.integer({ min: -48, max: 480 }).map(inHours), { nil: null });
const day = fc.option(fc.constantFrom("2026-03-14", "2026-03-15", "2026-03-16"), { nil: null });
const membership = fc.record<Membership>({
  source: fc.constantFrom("project", "namespace", "share"),
  sourceId: fc.nat(),
  accessLevel: level,
  expiresAt: day,
  isAwaiting: fc.boolean(),
  cap: fc.option(level, { nil: null }),
  capExpiresAt: day,
});
const user = fc.record({
  state: mostly("active" as const, fc.constantFrom(...userStates)),
  userType: mostly("human" as const, fc.constantFrom(...userTypes)),
  isAdmin: fc.boolean(),
  isExternal: fc.boolean(),
  isConfirmed: mostly(true, fc.boolean()),
  isLocked: mostly(false, fc.boolean()),
  lockedUntil: mostly(null, moment),
  isTwoFactorEnabled: fc.boolean(),
  verifiedUntil: moment,
  passwordExpiresAt: mostly(null, moment),
});
const project = fc.record({
  visibility: fc.constantFrom(...visibilities),
  isArchived: fc.boolean(),
  isRepositoryReadOnly: fc.boolean(),
  repositoryAccessLevel: fc.constantFrom(...featureLevels),
  wikiAccessLevel: fc.constantFrom(...featureLevels),
  snippetsAccessLevel: fc.constantFrom(...featureLevels),
  hasRepository: fc.boolean(),
  hasWikiRepository: fc.boolean(),
  hasDesignRepository: fc.boolean(),
});
const snippet = fc.record({
  authorId: fc.constantFrom(7, 8, null),
  visibility: fc.constantFrom(...visibilities),
  hasRepository: fc.boolean(),
});
const type = fc.constantFrom(...repositoryTypes);
const situation = fc
  .record({
    user: maybe(user),
    key: maybe(
      fc.record({ kind: fc.constantFrom("user" as const, "deploy" as const), keyType: fc.constantFrom(...keyTypes), expiresAt: moment }),
    ),
    project: maybe(project),
    snippet: maybe(snippet),
    type,
    memberships: fc.array(membership, { maxLength: 4 }),
    grant: maybe(fc.record({ canPush: fc.boolean() })),
    ranges: fc.constantFrom(null, "10.0.0.0/8", "", "nonsense"),
    protocolOf: fc.constantFrom("all" as const, "ssh" as const, "http" as const),
    owned: fc.boolean(),
    isOverOperationLimit: mostly(false, fc.boolean()),
    twoFactorForCli: mostly(false, fc.boolean()),
    push: pushFacts,
  })
  .map((drawn) =>
    someFacts({
      user: drawn.user === null ? null : aUser(drawn.user),
      key: drawn.key === null ? null : aKey(drawn.key),
      target:
        drawn.project === null && drawn.snippet === null
          ? null
          : targetOf(
              drawn.snippet === null ? drawn.type : "snippet",
              drawn.project === null ? null : aProject(drawn.project),
              drawn.snippet === null ? null : aSnippet(drawn.snippet),
            ),
      memberships: drawn.memberships,
      deployKeyGrant: drawn.grant,
      isOverOperationLimit: drawn.isOverOperationLimit,
      settings: { two_factor_for_cli: drawn.twoFactorForCli },
      push: drawn.push,
      namespaces:
        drawn.project === null
          ? []
          : [aGroup({ ownerId: drawn.owned ? 7 : null, ipRestrictionRanges: drawn.ranges, enabledGitAccessProtocol: drawn.protocolOf })],
    }),
  );
const request = fc
  .record({
    action: fc.oneof({ arbitrary: fc.constantFrom("git-upload-pack", "git-receive-pack", "git-upload-archive"), weight: 4 }, fc.string()),
    protocol: fc.oneof(fc.constantFrom("ssh", "http", "web"), fc.string()),
    changes: fc.constantFrom("any" as const, "none" as const, named),
    checkIp: mostly<string | null>(null, fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())),
    namespacePath: mostly<string | null>(null, fc.constantFrom("engines", "other")),
    scopedUser: mostly(null, fc.constantFrom({ id: 7, text: "7" }, { id: null, text: "x" })),
    hasHappened: mostly(false, fc.boolean()),
    repository: fc.oneof(
      fc.record({ type, id: fc.integer({ min: 1 }) }).map((identifier) => ({ identifier })),
      fc.string().map((text) => ({ path: parseRepositoryPath(text) })),
    ),
  })
  .map((drawn) => aRequest(drawn));

it("no facts make it throw, and the same facts give the same answer", () => {
  fc.assert(
    fc.property(request, situation, repository("verified", "not_verified", "timed_out", "failed"), (asked, facts, answers) => {
      expect(decideAccess(asked, facts, now, { answers })).toEqual(decideAccess(asked, facts, now, { answers }));
    }),
    { numRuns: 3000 },
  );
});

it("who is let in has an account in order, and is no stranger to a private project", () => {
  let allowed = 0;
  fc.assert(
    fc.property(request, situation, (asked, facts) => {
      if (decideAccess(asked, facts, now).kind !== "allowed" || facts.key?.kind === "deploy") return;
      allowed += 1;
      if (facts.user !== null) expect(facts.user).toMatchObject({ state: "active", isConfirmed: true, isLocked: false });
      expect((facts.user?.lockedUntil ?? now) <= now).toBe(true);
      if (facts.target?.project?.visibility !== "private") return;
      expect(facts.user).not.toBeNull();
      const isOwner = facts.namespaces[0]?.ownerId === 7;
      expect(facts.user!.isAdmin || isOwner || effectiveAccess(facts.memberships, "2026-03-15").level >= 10).toBe(true);
    }),
    { numRuns: 5000 },
  );
  expect(allowed).toBeGreaterThan(50);
});

it("a one-time password is asked of those alone whom the rule names, and nothing else depends on it", () => {
  const early = ["scoped_user", "operation_limit", "snippet_exists", "protocol", "snippet_authentication_mechanism", "key", "user_state"];
  let stops = 0;
  fc.assert(
    fc.property(request, situation, mostly(true, fc.boolean()), (drawn, { user: somebody, ...rest }, isLikely) => {
      const asked = isLikely ? { ...drawn, protocol: "ssh" } : drawn;
      const facts = { ...rest, user: isLikely && somebody !== null ? { ...somebody, isTwoFactorEnabled: true } : somebody };
      const verifiedUntil = facts.user?.isTwoFactorEnabled === true ? (facts.user.verifiedUntil ?? now) : inHours(1);
      const kind = "identifier" in asked.repository ? asked.repository.identifier.type : facts.target?.type;
      const isPreReceive = facts.key === null && asked.changes === named;
      const isCertified = facts.key === null && asked.namespacePath !== null;
      const isOther = facts.key?.kind === "deploy" || isCertified || asked.hasHappened || asked.protocol !== "ssh" || kind === "design";
      const over = (isOn: boolean) => {
        const settings = { ...facts.instance.settings, two_factor_for_cli: isOn };
        return decideAccess(asked, { ...facts, instance: { ...facts.instance, settings } }, now);
      };
      const without = over(false);
      const isRefusedBefore = without.kind === "refused" && early.includes(without.stoppedBy);
      const isRefused = verifiedUntil <= now && !isPreReceive && !isOther && !isRefusedBefore;
      if (isRefused) stops += 1;
      const refusal = { kind: "refused", stoppedBy: "two_factor_session", refusal: { reason: "two_factor_session" } };
      expect(over(true)).toMatchObject(isRefused ? refusal : without);
    }),
    { numRuns: 5000 },
  );
  expect(stops).toBeGreaterThan(50);
});

it("what is told of afterwards brings no project into being, and is refused no more than what is asked before", () => {
  fc.assert(
    fc.property(request, situation, (asked, facts) => {
      const afterwards = decideAccess({ ...asked, hasHappened: true }, facts, now);
      expect(afterwards.kind).not.toBe("create");
      const before = decideAccess({ ...asked, hasHappened: false }, facts, now);
      if (before.kind === "allowed") expect(afterwards).toEqual(before);
    }),
    { numRuns: 5000 },
  );
});

it("losing a membership never opens a door", () => {
  let allowed = 0;
  fc.assert(
    fc.property(request, situation, (asked, facts) => {
      if (decideAccess(asked, { ...facts, memberships: [] }, now).kind !== "allowed") return;
      allowed += 1;
      expect(decideAccess(asked, facts, now).kind).toBe("allowed");
    }),
    { numRuns: 5000 },
  );
  expect(allowed).toBeGreaterThan(50);
});

it("gl_repository survives the round trip", () => {
  fc.assert(
    fc.property(type, fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (each, id) => {
      expect(parseGlRepository(formatGlRepository({ type: each, id }))).toEqual({ type: each, id });
      expect(parseGlRepository(`project-${id}-wiki`)).toEqual({ type: "wiki", id });
    }),
  );
});

it("no text but those forms is a gl_repository", () => {
  const piece = fc.constantFrom("project", "wiki", "snippet", "design", "group", "0", "1", "42", "-1", "1.5", "", " 1", "１");
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), (pieces) => {
      const text = pieces.join("-");
      const isForm = /^(project|wiki|snippet|design)-(1|42)$/.test(text) || /^project-(1|42)-wiki$/.test(text);
      expect(parseGlRepository(text) !== null).toBe(isForm);
    }),
    { numRuns: 2000 },
  );
});

it("a leading slash and .git make no difference to a path", () => {
  const segment = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
  const suffix = fc.constantFrom("", ".wiki", ".design", "/snippets/5");
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), suffix, (segments, end) => {
      const path = segments.join("/") + end;
      for (const typed of [`/${path}`, `${path}.git`, `/${path}.git`])
        expect(parseRepositoryPath(typed)).toEqual(parseRepositoryPath(path));
      expect(parseRepositoryPath(path).path).toBe(path);
      expect(parseRepositoryPath(path).wikiPath).toBe(end === ".wiki" ? segments.join("/") : null);
    }),
  );
});

it("every refusal has a text of its own, but for those that mean the same", () => {
  const texts = Object.values(refusals).map((refusal) => refusal.message);
  expect(texts.length - new Set(texts).size).toBe(1);
});
