import { seal, startOfSealed, unseal, type EncryptionKeys } from "../auth/sealed.ts";
import { configOf } from "../config.ts";
import { openDb, type Db } from "../db/client.ts";
import {
  countHooksSealedOtherwise,
  findHooksSealedOtherwise,
  recordResealed,
  type ResealedHook,
  type SealedHook,
} from "../db/hook-seals.ts";
import { log } from "../http/log.ts";

/** A sealed text may have hundreds of kilobytes: so many are in memory at once. */
const pieceRows = 20;
/** For what one run may ask of D1; hooks that cannot be read stand in nobody's way but for as many. */
const mostPieces = 200;
const mostResealed = 200;

/**
 * While the old encryption key is configured, seals with today's what the old one sealed: at most 200 hooks a run, by id.
 * A hook that is changed meanwhile keeps its change. One that neither key opens stays as it is, and is named in the log.
 * `hooks:resealed` tells how many are `left`: with none, the old key is needed no more.
 */
export async function resealHooks(env: Env): Promise<void> {
  const { encryptionKeys: keys } = configOf(env);
  if (keys.old === null) return;
  const db = openDb(env.DB);
  const start = await startOfSealed(keys);
  let resealed = 0;
  let lastId = 0;
  for (let piece = 0; piece < mostPieces && resealed < mostResealed; piece += 1) {
    const rows = Math.min(pieceRows, mostResealed - resealed);
    // oxlint-disable-next-line no-await-in-loop -- one piece in memory at a time
    const hooks = await findHooksSealedOtherwise(db, start, lastId, rows);
    // oxlint-disable-next-line no-await-in-loop -- as above
    resealed += await resealPiece(db, keys, hooks);
    lastId = hooks.at(-1)?.id ?? lastId;
    if (hooks.length < rows) break;
  }
  log.info("hooks:resealed", { resealed, left: await countHooksSealedOtherwise(db, start) });
}

/** How many of them it was. */
async function resealPiece(db: Db, keys: EncryptionKeys, hooks: readonly SealedHook[]): Promise<number> {
  const tried = await Promise.all(hooks.map((hook) => resealHook(keys, hook)));
  const readable = tried.filter((hook) => hook !== null);
  const unreadable = hooks.filter((_, index) => tried[index] === null).map(({ id }) => id);
  if (unreadable.length > 0) log.warn("hooks:unreadable", { hook_ids: unreadable });
  return recordResealed(db, readable);
}

async function resealHook(keys: EncryptionKeys, hook: SealedHook): Promise<ResealedHook | null> {
  const secrets = await unseal(keys, hook.sealed);
  return secrets === undefined ? null : { ...hook, resealed: await seal(keys, secrets) };
}
