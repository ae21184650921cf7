import * as v from "valibot";
import { rowNotFound, unprocessable } from "../domain/fault.ts";
import {
  changeSecrets,
  isLegalHeader,
  isLegalVariable,
  isSameHeader,
  isSameVariable,
  setHeader,
  setVariable,
} from "../domain/hooks/secrets.ts";
import { text } from "../http/fields.ts";
import { operation, type Operation } from "../http/operation.ts";
import { changeHook } from "./hook-changes.ts";
import { manageHook, type HookSource } from "./hook-source.ts";

/** The two lists of named values that a hook keeps under seal. */
const lists = {
  custom_headers: { field: "customHeaders", noun: "custom header", isLegal: isLegalHeader, isSame: isSameHeader, set: setHeader },
  url_variables: { field: "urlVariables", noun: "URL variable", isLegal: isLegalVariable, isSame: isSameVariable, set: setVariable },
} as const;
type ListName = keyof typeof lists;

/** The calls on single values, for those who manage the hook (contract provisioning 13). */
export function hookValueOperations(source: HookSource): readonly Operation[] {
  return (["custom_headers", "url_variables"] as const).flatMap((name) => [setValue(source, name), removeValue(source, name)]);
}

/** PUT …/hooks/:hook_id/custom_headers/:key, …/url_variables/:key: 422 for what cannot be sent. */
function setValue(source: HookSource, name: ListName): Operation {
  const { noun, isLegal, set } = lists[name];
  return operation({
    method: "PUT",
    path: `${source.path}/hooks/:hook_id/${name}/:key`,
    summary: `Set a ${noun} of a web hook`,
    tags: ["provisioning"],
    caller: "user",
    ...source.requires,
    params: v.object({ ...source.segments, hook_id: text(), key: text(), value: text() }),
    answers: { 204: { description: "Set" } },
    faults: [...source.faults.write, 409, 422],
    async handle(c, { key, value }) {
      const managed = await manageHook(c, source);
      if (!isLegal({ key, value })) throw unprocessable("Illegal key or value");
      await changeHook(c, managed, (_, secrets) => {
        if (secrets === null) throw unreadable();
        return { values: {}, secrets: set(secrets, { key, value }) };
      });
      return c.body(null, 204);
    },
  });
}

/** DELETE …: 404 for an unknown key, 422 where the URL is none without it. */
function removeValue(source: HookSource, name: ListName): Operation {
  const { field, noun, isSame } = lists[name];
  return operation({
    method: "DELETE",
    path: `${source.path}/hooks/:hook_id/${name}/:key`,
    summary: `Take a ${noun} from a web hook`,
    tags: ["provisioning"],
    caller: "user",
    ...source.requires,
    params: v.object({ ...source.segments, hook_id: text(), key: text() }),
    answers: { 204: { description: "Taken away" } },
    faults: [...source.faults.write, 409, 422],
    async handle(c, { key }) {
      const managed = await manageHook(c, source);
      await changeHook(c, managed, (_, secrets) => {
        const rest = (secrets?.[field] ?? []).filter((each) => !isSame(each.key, key));
        if (secrets === null || rest.length === secrets[field].length) throw rowNotFound();
        return { values: {}, secrets: changeSecrets(secrets, { [field]: rest }) };
      });
      return c.body(null, 204);
    },
  });
}

function unreadable() {
  return unprocessable("The secrets of this hook cannot be read: give it a url anew");
}
