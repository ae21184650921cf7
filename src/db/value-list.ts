import { sql, type SQL } from "drizzle-orm";

/** Values that are known, as a subquery: one parameter, however many they are; D1 takes 100. */
export function valuesIn(values: readonly (number | string)[]): SQL {
  return sql`select value from json_each(${JSON.stringify(values)})`;
}
