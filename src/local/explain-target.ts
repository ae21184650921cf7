import type { Running } from "./running.ts";

/** Which instance is asked, and with whose token. */
export interface Target {
  url: string;
  token: string;
}

export interface TargetChoice {
  /** What `--url` and `--token` say. */
  url: string | undefined;
  token: string | undefined;
  /** `GATEHOUSE_TOKEN`. */
  environmentToken: string | undefined;
  /** The server of this directory's data. */
  running: Running | null;
  /** The root token in `.dev.vars`. */
  localToken: () => string;
}

/**
 * The instance that is named, or else the one that `npm run dev` runs in this directory. It alone is sent the token in
 * `.dev.vars`: whoever else listens, on the same port or behind a URL that was mistyped, must not get it. Throws what to say
 * where there is nobody to ask, or no token to ask with.
 */
export function chooseTarget({ url, token, environmentToken, running, localToken }: TargetChoice): Target {
  const local = running === null ? null : `http://127.0.0.1:${running.port}`;
  const asked = url ?? local;
  if (asked === null) {
    throw new Error("No `npm run dev` of this directory is running. Start it, or name an instance: --url ADDRESS --token TOKEN");
  }
  if (!/^https?:\/\//.test(asked) || !URL.canParse(asked)) throw new Error("--url begins with http:// or https://.");
  const isLocal = local !== null && new URL(asked).origin === new URL(local).origin;
  const known = token || environmentToken || (isLocal ? localToken() : "");
  if (known === "") {
    throw new Error(`For ${asked}, give the token of an administrator: --token TOKEN, or GATEHOUSE_TOKEN.`);
  }
  return { url: asked.replace(/\/+$/, ""), token: known };
}
