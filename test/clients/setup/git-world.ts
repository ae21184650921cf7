import { addKey, addUser, provisionAt, type Provision } from "./provision.ts";
import { makeKeyPair, type KeyPair } from "./ssh.ts";
import type { Gatehouse } from "./worker.ts";

/**
 * Who is there: `ada` develops in the private group `engines`, `rob` reports there, `gus` is a guest; `lea` and `exa`
 * develop too, with a key that ends in three days and one that has ended; `dan` did, until he was blocked; `eve` is
 * nobody's member. `reader` and `writer` are deploy keys of `engines/analytical`, `stranger` is registered nowhere.
 */
const developers = ["ada", "lea", "exa", "dan"] as const;
const members = { rob: 20, gus: 10 } as const;
type User = (typeof developers)[number] | keyof typeof members | "eve";
export type Person = User | "reader" | "writer" | "stranger";

export interface GitWorld {
  provision: Provision;
  userIds: Record<User, number>;
  keys: Record<Person, KeyPair>;
  keyIds: Record<Exclude<Person, "stranger">, number>;
  /** Ids by full path. */
  projectIds: Record<string, number>;
}

/** Made through the API; what no call sets is written into the database. Keys go into the directory. */
export async function makeGitWorld(gatehouse: Gatehouse, directory: string): Promise<GitWorld> {
  const provision = provisionAt(gatehouse.url);
  const keys = {} as GitWorld["keys"];
  const keyIds = {} as GitWorld["keyIds"];
  const userIds = {} as GitWorld["userIds"];
  for (const name of [...developers, "rob", "gus", "eve"] as const) {
    keys[name] = makeKeyPair(directory, name);
    userIds[name] = await addUser(provision, name);
    keyIds[name] = await addKey(provision, userIds[name], keys[name].line);
  }
  keys.stranger = makeKeyPair(directory, "stranger");

  const engines = await provision("POST", "/groups", { name: "Engines", path: "engines" });
  const open = await provision("POST", "/groups", { name: "Open", path: "open", visibility: "public" });
  for (const name of developers) await provision("POST", `/groups/${engines.id}/members`, { user_id: userIds[name], access_level: 30 });
  for (const [name, level] of Object.entries(members)) {
    await provision("POST", `/groups/${engines.id}/members`, { user_id: userIds[name as User], access_level: level });
  }
  const projectIds: GitWorld["projectIds"] = {};
  for (const [namespace, path] of [
    [engines, "analytical"],
    [engines, "archived"],
    [engines, "bare"],
    [open, "book"],
  ]) {
    const visibility = namespace === open ? "public" : "private";
    const project = await provision("POST", "/projects", { name: path, path, namespace_id: namespace.id, visibility });
    projectIds[project.path_with_namespace] = project.id;
  }
  for (const [name, canPush] of [
    ["reader", false],
    ["writer", true],
  ] as const) {
    keys[name] = makeKeyPair(directory, name);
    const deployKey = { title: name, key: keys[name].line, can_push: canPush };
    keyIds[name] = (await provision("POST", `/projects/${projectIds["engines/analytical"]}/deploy_keys`, deployKey)).id;
  }
  await provision("POST", `/users/${userIds.dan}/block`);
  await writeFacts(gatehouse.db, { keyIds, projectIds });
  return { provision, userIds, keys, keyIds, projectIds };
}

const day = 86_400_000;

async function writeFacts(db: D1Database, { keyIds, projectIds }: Pick<GitWorld, "keyIds" | "projectIds">): Promise<void> {
  await db.batch([
    db.prepare("update keys set expires_at = ? where id = ?").bind(Date.now() + 3 * day, keyIds.lea),
    db.prepare("update keys set expires_at = ? where id = ?").bind(Date.now() - day, keyIds.exa),
    db.prepare("update projects set is_archived = 1 where id = ?").bind(projectIds["engines/archived"]),
    db.prepare("update projects set has_repository = 0 where id = ?").bind(projectIds["engines/bare"]),
    db.prepare("insert into redirect_routes (path, project_id) values ('engines/difference', ?)").bind(projectIds["engines/analytical"]),
  ]);
}

/** One instance setting, for which the administrator's call is not needed here; null: as it was in the beginning. */
export async function setSetting(db: D1Database, name: string, value: string | null): Promise<void> {
  await db.prepare(`update settings set "values" = json_set("values", ?, ?)`).bind(`$.${name}`, value).run();
}
