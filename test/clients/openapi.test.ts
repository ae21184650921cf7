import { Validator } from "@seriousme/openapi-schema-validator";
import { beforeAll, describe, expect, it } from "vitest";
import type { Operation } from "../../src/http/operation.ts";
import { describeApi } from "../../src/openapi/generate.ts";
import { operations } from "../../src/routes/index.ts";

type Json = Record<string, any>;
/** An operation of the document with its name: `GET /api/v4/version`. */
interface Described extends Json {
  name: string;
}

let document: Json;
let described: Described[];

beforeAll(async () => {
  document = JSON.parse(JSON.stringify(await describeApi(operations)));
  described = Object.entries<Json>(document["paths"]).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, operation]) => ({ ...operation, name: `${method.toUpperCase()} ${path}` })),
  );
});

const nameOf = ({ method, path }: Operation) => `${method} /api/v4${path.replace(/:(\w+)/g, "{$1}")}`;

/** Names of the operations of which something is wrong. */
const offenders = (isWrong: (operation: Described) => boolean) => described.filter(isWrong).map(({ name }) => name);

const parametersIn = (place: string, operation: Described): Json[] =>
  (operation["parameters"] ?? []).filter((parameter: Json) => parameter["in"] === place);
const namesOf = (parameters: readonly Json[]): string[] => parameters.map((parameter) => parameter["name"]);
const bodySchema = (operation: Described): Json | undefined => operation["requestBody"]?.content["application/json"].schema;
const isRead = ({ name }: Described) => /^(GET|DELETE) /.test(name);

const faultRefs = (operation: Described) =>
  Object.entries<Json>(operation["responses"])
    .filter(([status]) => status >= "400")
    .map(([, response]) => response["content"]["application/json"].schema.$ref);
const pathNames = ({ name }: Described) => [...name.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
const isRequiredText = (parameter: Json) => parameter["required"] === true && parameter["schema"].type === "string";
const shownNames = (operation: Described) => [
  ...namesOf(operation["parameters"] ?? []),
  ...Object.keys(bodySchema(operation)?.["properties"] ?? {}),
];
const needsBody = (operation: Described) => (bodySchema(operation)?.["required"] ?? []).length > 0;
const choiceTypes = (schema: Json) => (schema["anyOf"] ?? []).map((option: Json) => option["type"]).join();

/** Schemas of the parameters, and of all that is in them. */
function parameterSchemas(operation: Described): Json[] {
  const roots = [...(operation["parameters"] ?? []).map((parameter: Json) => parameter["schema"]), bodySchema(operation) ?? {}];
  return roots.flatMap(withParts);
}

function withParts(schema: Json): Json[] {
  const parts: Json[] = [...Object.values<Json>(schema["properties"] ?? {}), ...(schema["anyOf"] ?? []), schema["items"] ?? []].flat();
  return [schema, ...parts.flatMap(withParts)];
}

it("is the document that is served: `npm run openapi` makes it anew", async () => {
  const text = `${JSON.stringify(await describeApi(operations), null, 2)}\n`;
  await expect(text).toMatchFileSnapshot("../../src/openapi/assets/openapi.json");
});

it("is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  const result = await validator.validate(structuredClone(document));
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
  expect(validator.version).toBe("3.1");
});

it("holds every operation that is mounted", () => {
  expect(described.map(({ name }) => name).toSorted()).toEqual(operations.map(nameOf).toSorted());
});

describe("every operation", () => {
  it("has a summary, a tag, and an id of its own", () => {
    expect(offenders((operation) => !operation["summary"] || !operation["tags"]?.[0])).toEqual([]);
    const ids = described.map((operation) => operation["operationId"]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("says who may call, by ways in that are described", () => {
    const ways = new Set(Object.keys(document["components"].securitySchemes));
    expect(offenders((operation) => !Array.isArray(operation["security"]))).toEqual([]);
    expect(offenders((operation) => operation["security"].flatMap(Object.keys).some((name: string) => !ways.has(name)))).toEqual([]);
  });

  it("says what success looks like", () => {
    // A feature of GitLab's that is not here, and of which clients want to be told so.
    const absent = operations.filter(({ answers }) => Object.keys(answers).every((status) => Number(status) >= 400)).map(nameOf);
    const silent = offenders((operation) => !Object.keys(operation["responses"]).some((status) => status.startsWith("2")));
    expect(silent.filter((name) => !absent.includes(name))).toEqual([]);
    expect(offenders((operation) => operation["responses"]["204"]?.content !== undefined)).toEqual([]);
  });

  it("tells every refusal as this API tells it, and nothing but JSON", () => {
    expect(
      offenders((operation) => faultRefs(operation).some((ref) => !/^#\/components\/schemas\/(Rest|Shell|Git)Fault$/.test(ref))),
    ).toEqual([]);
    const types = described.flatMap((operation) =>
      Object.values<Json>(operation["responses"]).flatMap((response) => Object.keys(response["content"] ?? {})),
    );
    expect(new Set(types)).toEqual(new Set(["application/json"]));
  });

  it("names the parameters of its path, as required text", () => {
    expect(offenders((operation) => namesOf(parametersIn("path", operation)).join() !== pathNames(operation).join())).toEqual([]);
    expect(offenders((operation) => !parametersIn("path", operation).every(isRequiredText))).toEqual([]);
  });

  it("takes parameters from the query on GET and DELETE and from the body elsewhere, each shown once", () => {
    expect(offenders((operation) => isRead(operation) && bodySchema(operation) !== undefined)).toEqual([]);
    expect(offenders((operation) => !isRead(operation) && parametersIn("query", operation).length > 0)).toEqual([]);
    expect(offenders((operation) => new Set(shownNames(operation)).size < shownNames(operation).length)).toEqual([]);
  });

  it("requires a body where a parameter of the body is required", () => {
    expect(offenders((operation) => (operation["requestBody"]?.required ?? false) !== needsBody(operation))).toEqual([]);
  });

  it("shows what its parameters mean, not every form in which a client may send them", () => {
    const forms = ["string,number", "number,string", "boolean,string,number"];
    const isTorn = (schema: Json) => forms.includes(choiceTypes(schema)) || (schema["anyOf"] !== undefined && schema["type"] !== undefined);
    expect(offenders((operation) => parameterSchemas(operation).some(isTorn))).toEqual([]);
  });
});

it("shows the parameters of a rule as an administrator would write them", () => {
  const schema = document["paths"]["/api/v4/projects/{id}/protected_branches"].post.requestBody.content["application/json"].schema;
  const level = { type: "integer", enum: [0, 30, 40, 60] };
  expect(schema.required).toEqual(["name"]);
  expect(schema.properties).toMatchObject({ name: { type: "string" }, push_access_level: level, allow_force_push: { type: "boolean" } });
  const holder = { access_level: level, user_id: { type: "integer" }, group_id: { type: "integer" } };
  expect(schema.properties.allowed_to_merge).toEqual({ type: "array", items: { type: "object", properties: holder } });
});
