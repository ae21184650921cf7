/** The part of JSON Schema that the schemas of parameters come out as. */
export interface JsonSchema {
  type?: string | string[];
  anyOf?: JsonSchema[];
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema | JsonSchema[];
  additionalProperties?: JsonSchema | boolean;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  description?: string;
}

/**
 * A parameter as it is meant. What is validated takes every form in which some client sends a value (a number in
 * digits, a boolean as a word, null for nothing): true, and of no use to somebody who reads or generates a client.
 */
export function plainSchema(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema;
  return anyOf === undefined ? plainParts(rest) : plainChoice(anyOf, rest);
}

function plainChoice(anyOf: readonly JsonSchema[], rest: JsonSchema): JsonSchema {
  const options = anyOf.filter((option) => option.type !== "null" && option.const !== null && option.const !== "");
  // A parameter that takes "" for null is one that null clears; of all others null says that they are not given.
  const isClearable = anyOf.some((option) => option.const === "");
  const [first, ...others] = options;
  if (first === undefined) return plainParts(rest);
  const plain = others.length === 0 ? plainSchema({ ...first, ...rest }) : (plainScalar(options, rest) ?? openChoice(options, rest));
  return isClearable && typeof plain.type === "string" ? { ...plain, type: [plain.type, "null"] } : plain;
}

/** The one kind of value that several forms of it stand for; null where they stand for different things. */
function plainScalar(options: readonly JsonSchema[], rest: JsonSchema): JsonSchema | null {
  if (!options.every(isForm)) return null;
  const { minimum, maximum, ...other } = rest;
  const types = new Set(options.map((option) => option.type));
  if (types.has("boolean")) return { ...other, type: "boolean" };
  if (rest.type !== "integer" && rest.type !== "number") return plainParts({ ...other, type: "string" });
  return {
    ...other,
    type: "integer",
    ...(isBound(minimum) ? { minimum } : {}),
    ...(isBound(maximum) ? { maximum } : {}),
  };
}

/** False for the bounds of what a number can hold, which every number has. */
function isBound(bound: number | undefined): bound is number {
  return bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
}

/** A bare string, number or boolean, with at most a pattern of digits. */
function isForm(option: JsonSchema): boolean {
  return (
    ["string", "number", "boolean"].includes(String(option.type)) && Object.keys(option).every((key) => key === "type" || key === "pattern")
  );
}

function openChoice(options: readonly JsonSchema[], rest: JsonSchema): JsonSchema {
  return { ...rest, anyOf: options.map(plainSchema) };
}

function plainParts(schema: JsonSchema): JsonSchema {
  if (schema.type === "string") return withoutParts(schema);
  const { properties, items, additionalProperties, required, ...rest } = schema;
  return {
    ...rest,
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, plainSchema(each)])) }),
    ...(required === undefined || required.length === 0 ? {} : { required }),
    ...(items === undefined ? {} : { items: Array.isArray(items) ? items.map(plainSchema) : plainSchema(items) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: typeof additionalProperties === "boolean" ? additionalProperties : plainSchema(additionalProperties) }),
  };
}

/** A text that something is read from (a cursor) is shown as text: what was read is nobody's to write. */
function withoutParts(schema: JsonSchema): JsonSchema {
  const ofText: readonly string[] = ["type", "enum", "const", "pattern", "minLength", "maxLength", "format", "title", "description"];
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => ofText.includes(keyword)));
}
