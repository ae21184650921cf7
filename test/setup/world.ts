import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { openDb } from "../../src/db/client.ts";
import { createGroup, type NamespaceRow } from "../../src/db/namespaces.ts";
import { createProject, type ProjectRow } from "../../src/db/projects.ts";
import * as schema from "../../src/db/schema/index.ts";
import { createUser, type UserRow } from "../../src/db/users.ts";
import { fingerprintsOf, parsePublicKey } from "../../src/domain/identity/ssh-key.ts";
import { digestOfToken } from "../../src/domain/tokens/secret.ts";

/** Facts straight into D1, for what a test needs and no call is under test. */
export const db = openDb(env.DB);

let counter = 0;
/** A name that no other row of this test file has. */
export const unique = (prefix: string) => `${prefix}${(counter += 1)}`;

export async function addUser(values: Partial<typeof schema.users.$inferInsert> = {}): Promise<UserRow> {
  const username = values.username ?? unique("user");
  return createUser(db, {
    name: `Name of ${username}`,
    email: `${username}@example.test`,
    passwordStamp: "0123456789abcdef",
    confirmedAt: new Date(),
    ...values,
    username,
  });
}

/** A token of the user; answers its text. */
export async function addToken(user: UserRow, values: Partial<typeof schema.personalAccessTokens.$inferInsert> = {}): Promise<string> {
  const token = unique("glpat-test-token-");
  await db.query
    .insert(schema.personalAccessTokens)
    .values({ userId: user.id, name: "test", digest: digestOfToken(token), scopes: ["api"], ...values });
  return token;
}

export type Group = NamespaceRow & { fullPath: string };
export type Project = ProjectRow & { fullPath: string };

export async function addGroup(
  values: Partial<typeof schema.namespaces.$inferInsert> & { parent?: Group; owner?: UserRow } = {},
): Promise<Group> {
  const { parent, owner, ...rest } = values;
  const path = rest.path ?? unique("group");
  return createGroup(db, { name: path, ...rest, path, parentId: parent?.id ?? null }, owner?.id ?? null);
}

/** In a group, or in the personal namespace of a user. */
export async function addProject(place: Group | UserRow, values: Partial<typeof schema.projects.$inferInsert> = {}): Promise<Project> {
  const path = values.path ?? unique("project");
  const namespaceId = "fullPath" in place ? place.id : await personalNamespaceId(place);
  return createProject(db, { name: path, ...values, path, namespaceId }, { defaultBranchRule: null, ownerId: null });
}

export async function personalNamespaceId(user: UserRow): Promise<number> {
  const [row] = await db.query.all<{ id: number }>(sql`select id from namespaces where owner_id = ${user.id}`);
  return row!.id;
}

/** Without a list of values, a key that no other test has. */
export async function addKey(
  user: UserRow | null,
  values: Partial<typeof schema.keys.$inferInsert> & { line?: string } = {},
): Promise<typeof schema.keys.$inferSelect> {
  const { line, ...rest } = values;
  const parsed = parsePublicKey(line ?? newKeyLine());
  if (typeof parsed === "string") throw new Error(`not a key: ${parsed}`);
  const { sha256, md5 } = fingerprintsOf(parsed.blob);
  const [row] = await db.query
    .insert(schema.keys)
    .values({ title: "test", userId: user?.id ?? null, ...parsed, fingerprintSha256: sha256, fingerprintMd5: md5, ...rest })
    .returning();
  return row!;
}

/** A deploy key, enabled on the projects. */
export async function addDeployKey(
  creator: UserRow | null,
  on: { project: ProjectRow; canPush?: boolean }[],
  values: Parameters<typeof addKey>[1] = {},
) {
  const key = await addKey(creator, { kind: "deploy", ...values });
  for (const { project, canPush = false } of on) {
    await db.query.insert(schema.deployKeyProjects).values({ deployKeyId: key.id, projectId: project.id, canPush });
  }
  return key;
}

/** A well-formed Ed25519 key of random bytes. */
export function newKeyLine(): string {
  const name = new TextEncoder().encode("ssh-ed25519");
  const blob = new Uint8Array([0, 0, 0, 11, ...name, 0, 0, 0, 32, ...crypto.getRandomValues(new Uint8Array(32))]);
  return `ssh-ed25519 ${btoa(String.fromCharCode(...blob))} somebody@example.test`;
}

type Place = { project: ProjectRow } | { group: NamespaceRow };
const columnsOf = (place: Place) => ("project" in place ? { projectId: place.project.id } : { namespaceId: place.group.id });

export async function addMember(
  user: UserRow,
  place: Place,
  accessLevel: number,
  values: Partial<typeof schema.members.$inferInsert> = {},
): Promise<void> {
  await db.query.insert(schema.members).values({ userId: user.id, accessLevel, ...columnsOf(place), ...values });
}

/** Invites a group to a project or group. */
export async function addShare(invited: NamespaceRow, place: Place, accessLevel: number, expiresAt: string | null = null): Promise<void> {
  await db.query.insert(schema.shares).values({ groupId: invited.id, accessLevel, expiresAt, ...columnsOf(place) });
}

/** Merges values into the instance's settings; null as a whole forgets all. */
export async function setSettings(values: Record<string, unknown> | null): Promise<void> {
  await db.query.update(schema.settings).set({ values: values ?? {} });
}

/** `YYYY-MM-DD`, days from today. */
export function dayFromNow(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

/** A Kubernetes agent of the project with one token; answers the text of it too. */
export async function addAgent(
  project: ProjectRow,
  values: Partial<typeof schema.clusterAgents.$inferInsert> = {},
): Promise<{ agent: typeof schema.clusterAgents.$inferSelect; token: string; tokenId: number }> {
  const [agent] = await db.query
    .insert(schema.clusterAgents)
    .values({ name: unique("agent-"), ...values, projectId: project.id })
    .returning();
  return { agent: agent!, ...(await addAgentToken(agent!)) };
}

export async function addAgentToken(
  agent: { id: number },
  values: Partial<typeof schema.clusterAgentTokens.$inferInsert> = {},
): Promise<{ token: string; tokenId: number }> {
  const token = unique("glagent-test-token-");
  const [row] = await db.query
    .insert(schema.clusterAgentTokens)
    .values({ agentId: agent.id, name: "test", digest: digestOfToken(token), ...values })
    .returning();
  return { token, tokenId: row!.id };
}
