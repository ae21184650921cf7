import { seal } from "../auth/sealed.ts";
import { findHook, updateHook, type HookPlace, type HookRow, type HookValues } from "../db/hooks.ts";
import { conflict, invalidValue, rowNotFound, unprocessableFields } from "../domain/fault.ts";
import { problemOfSecrets, type HookSecrets } from "../domain/hooks/secrets.ts";
import { openSecrets } from "../hooks/attempt.ts";
import type { OperationContext } from "../http/operation.ts";

type Context = OperationContext<"user">;

export function readSecrets(c: Context, hook: HookRow): Promise<HookSecrets | null> {
  return openSecrets(c.var.config.encryptionKeys, hook.sealed);
}

/** Secrets under seal. 422 where they are not legal, or lead where no request may go. */
export function sealLegalSecrets(c: Context, secrets: HookSecrets): Promise<string> {
  const problem = problemOfSecrets(secrets, c.var.caller.settings.allow_local_requests_from_web_hooks_and_services);
  if (problem !== null) throw "url" in problem ? invalidValue(problem.url) : unprocessableFields(problem.fields);
  return seal(c.var.config.encryptionKeys, secrets);
}

/** Two changes at once are made one after the other; more than that many in a row are nobody's doing but a loop's. */
const mostAttempts = 5;

export interface HookChange {
  values: Partial<HookValues>;
  /** Null: they stay as they are. */
  secrets: HookSecrets | null;
}

/**
 * Changes a hook by what `change` makes of it. Secrets are kept as one text, so that whoever changed them meanwhile would
 * lose their change: it is made anew from what they left. 404 where the hook is gone meanwhile.
 */
export async function changeHook(
  c: Context,
  { place, hook }: { place: HookPlace; hook: HookRow },
  change: (hook: HookRow, secrets: HookSecrets | null) => HookChange | Promise<HookChange>,
): Promise<{ hook: HookRow; secrets: HookSecrets | null }> {
  let current = hook;
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    // oxlint-disable-next-line no-await-in-loop -- each looks at what the one before it found
    const { row, secrets } = await tryChange(c, current, change);
    if (row !== null) return { hook: row, secrets };
    // oxlint-disable-next-line no-await-in-loop -- as above
    const found = await findHook(c.var.db, place, hook.id);
    if (found === null) throw rowNotFound();
    current = found;
  }
  throw conflict("The hook is being changed by others");
}

async function tryChange(
  c: Context,
  hook: HookRow,
  change: (hook: HookRow, secrets: HookSecrets | null) => HookChange | Promise<HookChange>,
) {
  const old = await readSecrets(c, hook);
  const { values, secrets } = await change(hook, old);
  const sealed = secrets === null ? {} : { sealed: await sealLegalSecrets(c, secrets) };
  return { row: await updateHook(c.var.db, hook, { ...values, ...sealed }, c.var.now), secrets: secrets ?? old };
}
