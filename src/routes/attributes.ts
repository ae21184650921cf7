import * as v from "valibot";
import { boolean, commaList, integer, oneOf, optional, text } from "../http/fields.ts";

/**
 * Attributes of a group or project, or of the instance, by their names on the wire. Of each the parameter it comes as, and
 * the field it is shown as, with what is shown where it was never set. Mostly they are kept and echoed, and no rule reads
 * them.
 */
export type AttributeTable = Record<string, { parameter: v.GenericSchema; field: v.GenericSchema }>;

export const flag = (initial: boolean) => ({ parameter: boolean(), field: v.optional(v.boolean(), initial) });

/** A flag that may never have been decided. */
export const openFlag = () => ({ parameter: boolean(), field: v.optional(v.nullable(v.boolean()), null) });

export const count = (initial: number) => ({ parameter: v.pipe(integer(), v.minValue(0)), field: v.optional(v.number(), initial) });

export const choice = <const Values extends readonly string[]>(values: Values, initial: Values[number]) => ({
  parameter: oneOf(values),
  field: v.optional(v.string(), initial),
});

export const line = () => ({ parameter: v.pipe(text(), v.maxLength(255)), field: v.optional(v.nullable(v.string()), null) });

/** A list without duplicates. */
export const words = () => ({
  parameter: v.pipe(
    commaList(v.pipe(text(), v.trim(), v.maxLength(255))),
    v.transform((values) => [...new Set(values)].filter((word) => word !== "")),
    v.maxLength(1000),
  ),
  field: v.optional(v.array(v.string()), []),
});

/** A parameter that may be left out by itself takes null for a value. */
type Optional<Parameter extends v.GenericSchema> = Parameter extends { type: "optional" }
  ? Parameter
  : ReturnType<typeof optional<Parameter>>;
type ParametersOf<Table extends AttributeTable> = { [Name in keyof Table]: Optional<Table[Name]["parameter"]> };
type FieldsOf<Table extends AttributeTable> = { [Name in keyof Table]: Table[Name]["field"] };

/** The parameters of a table, all of them optional. */
export function parametersOf<Table extends AttributeTable>(table: Table): ParametersOf<Table>;
export function parametersOf(table: AttributeTable): Record<string, v.GenericSchema> {
  return Object.fromEntries(
    Object.entries(table).map(([name, { parameter }]) => [name, parameter.type === "optional" ? parameter : optional(parameter)]),
  );
}

/** The fields of a table, for the schema of what shows them; a `v.object` of them reads what is stored. */
export function fieldsOf<Table extends AttributeTable>(table: Table): FieldsOf<Table>;
export function fieldsOf(table: AttributeTable): Record<string, v.GenericSchema> {
  return Object.fromEntries(Object.entries(table).map(([name, { field }]) => [name, field]));
}

/** Of the parameters, what the table keeps. */
export function takeAttributes(table: AttributeTable, params: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.keys(table).flatMap((name) => (params[name] === undefined ? [] : [[name, params[name]]])));
}
