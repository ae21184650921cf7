import { testVars } from "../../setup/vars.ts";

/** One call as the first administrator; answers the body, throws where the status is no success. */
export type Provision = (method: string, path: string, json?: Record<string, unknown>) => Promise<any>;

/** Fills a running Worker through its own API, as an administrator's script does. */
export function provisionAt(url: string): Provision {
  return async (method, path, json) => {
    const response = await fetch(`${url}/api/v4${path}`, {
      method,
      headers: { "PRIVATE-TOKEN": testVars.GATEHOUSE_ROOT_TOKEN, "Content-Type": "application/json" },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
}

export async function addUser(provision: Provision, username: string): Promise<number> {
  const user = await provision("POST", "/users", {
    username,
    name: `Name of ${username}`,
    email: `${username}@example.test`,
    force_random_password: true,
    skip_confirmation: true,
  });
  return user.id;
}

/** Adds a public key to a user; answers its id. */
export async function addKey(provision: Provision, userId: number, line: string): Promise<number> {
  const key = await provision("POST", `/users/${userId}/keys`, { title: "of a test", key: line });
  return key.id;
}
