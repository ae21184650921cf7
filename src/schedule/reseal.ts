import { seal, startOfSealed, unseal, type EncryptionKeys } from "../auth/sealed.ts";
import { configOf } from "../config.ts";
import { openDb, type Db } from "../db/client.ts";
import {
  countSealedOtherwise,
  findSealedOtherwise,
  recordResealed,
  sealedTables,
  type ResealedRow,
  type SealedRow,
  type SealedTable,
} from "../db/seals.ts";
import { log } from "../http/log.ts";

/** A sealed text may have hundreds of kilobytes: so many are in memory at once. */
const pieceRows = 20;
/** For what one run may ask of D1; rows that cannot be read stand in nobody's way but for as many. */
const mostPieces = 200;
const mostResealed = 200;

/** What is resealed, and how the log names it and its rows. */
interface Subject {
  table: SealedTable;
  component: "hooks" | "two-factors";
  ids: "hook_ids" | "user_ids";
}

/** Seals the web hooks with today's key: `hooks:resealed`, `hooks:unreadable`. */
export function resealHooks(env: Env): Promise<void> {
  return reseal(env, { table: sealedTables.hooks, component: "hooks", ids: "hook_ids" });
}

/** Seals the seeds of one-time passwords with today's key: `two-factors:resealed`, `two-factors:unreadable`. */
export function resealTwoFactors(env: Env): Promise<void> {
  return reseal(env, { table: sealedTables.twoFactors, component: "two-factors", ids: "user_ids" });
}

/**
 * While the old encryption key is configured, seals with today's what the old one sealed: at most 200 rows a run, by id.
 * A row that is changed meanwhile keeps its change. One that neither key opens stays as it is, and is named in the log.
 * `resealed` tells how many are `left`: with none, of any table, the old key is needed no more.
 */
async function reseal(env: Env, subject: Subject): Promise<void> {
  const { encryptionKeys: keys } = configOf(env);
  if (keys.old === null) return;
  const db = openDb(env.DB);
  const start = await startOfSealed(keys);
  let resealed = 0;
  let lastId = 0;
  for (let piece = 0; piece < mostPieces && resealed < mostResealed; piece += 1) {
    const limit = Math.min(pieceRows, mostResealed - resealed);
    // oxlint-disable-next-line no-await-in-loop -- one piece in memory at a time
    const rows = await findSealedOtherwise(db, subject.table, start, lastId, limit);
    // oxlint-disable-next-line no-await-in-loop -- as above
    resealed += await resealPiece(db, keys, subject, rows);
    lastId = rows.at(-1)?.id ?? lastId;
    if (rows.length < limit) break;
  }
  log.info(`${subject.component}:resealed`, { resealed, left: await countSealedOtherwise(db, subject.table, start) });
}

/** How many of them it was. */
async function resealPiece(db: Db, keys: EncryptionKeys, { table, component, ids }: Subject, rows: readonly SealedRow[]): Promise<number> {
  const tried = await Promise.all(rows.map((row) => resealRow(keys, row)));
  const readable = tried.filter((row) => row !== null);
  const unreadable = rows.filter((_, index) => tried[index] === null).map(({ id }) => id);
  if (unreadable.length > 0) log.warn(`${component}:unreadable`, { [ids]: unreadable });
  return recordResealed(db, table, readable);
}

async function resealRow(keys: EncryptionKeys, row: SealedRow): Promise<ResealedRow | null> {
  const secrets = await unseal(keys, row.sealed);
  return secrets === undefined ? null : { ...row, resealed: await seal(keys, secrets) };
}
