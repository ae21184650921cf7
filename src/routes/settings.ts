import * as v from "valibot";
import { isNotNullViolation } from "../db/constraint.ts";
import { changeSettings, findSettings, type SettingsRow } from "../db/settings.ts";
import { invalid } from "../domain/fault.ts";
import { settingErrors, sizeErrors } from "../domain/setting-checks.ts";
import type { AppContext } from "../http/context.ts";
import { atLeastOneOf } from "../http/fields.ts";
import { operation } from "../http/operation.ts";
import { takeAttributes } from "./attributes.ts";
import { protectionFields, protectionOf } from "./branch-protection.ts";
import { renderSettings, Settings } from "./entities/settings.ts";
import { settingAttributes, settingParameters } from "./setting-attributes.ts";

const declared = { path: "/application/settings", tags: ["provisioning"], caller: "user", requires: "admin" } as const;

/** GET /application/settings: what holds for the whole instance (contract provisioning 15). */
export const showSettings = operation({
  ...declared,
  method: "GET",
  summary: "The settings of the instance",
  params: v.object({}),
  answers: { 200: { description: "The settings", schema: Settings } },
  async handle(c) {
    return c.json(renderSettings(await findSettings(c.var.db)));
  },
});

const fields = { ...settingParameters, ...protectionFields };

const Fields = v.object(fields);
type Params = v.InferOutput<typeof Fields>;

const Params = v.pipe(
  Fields,
  atLeastOneOf(Object.keys(fields)),
  v.check(
    (params) => params.require_two_factor_authentication !== true || params.two_factor_grace_period !== undefined,
    "two_factor_grace_period is missing",
  ),
);

/**
 * PUT /application/settings: sets what is given, and leaves the rest. 400 by field for a value that a setting cannot have,
 * and for what does not fit in the row of settings (contract provisioning 15).
 */
export const updateSettings = operation({
  ...declared,
  method: "PUT",
  summary: "Change settings of the instance",
  params: Params,
  answers: { 200: { description: "The settings", schema: Settings } },
  async handle(c, params) {
    return c.json(renderSettings(await saveOrRefuse(c, changeOf(c, params))));
  },
});

function changeOf(c: AppContext, params: Params): Record<string, unknown> {
  const given = takeAttributes(settingAttributes, params);
  const errors = settingErrors(given, Object.keys(c.var.config.gitalyStorages));
  if (Object.keys(errors).length > 0) throw invalid(errors);
  const protection = protectionOf(params);
  if (protection === null) return given;
  return { ...given, default_branch_protection: protection.level, default_branch_protection_defaults: protection.defaults };
}

async function saveOrRefuse(c: AppContext, change: Record<string, unknown>): Promise<SettingsRow> {
  try {
    return await changeSettings(c.var.db, change, c.var.now);
  } catch (error) {
    if (isNotNullViolation(error, "settings.values")) throw invalid(sizeErrors(change));
    throw error;
  }
}

/** Both settings of the path, as they are mounted. */
export const settings = [showSettings, updateSettings];
