import { Hono, type Handler } from "hono";
import { describeRoute, generateSpecs, resolver, uniqueSymbol } from "hono-openapi";
import type * as v from "valibot";
import type { CallerKind } from "../auth/callers.ts";
import type { Dialect } from "../http/answers.ts";
import type { Operation } from "../http/operation.ts";
import { plainSchema, type JsonSchema } from "./plain-schema.ts";

/**
 * The OpenAPI document of operations, made from the schemas they validate with. Not part of the Worker: the document is
 * made beforehand (`npm run openapi`), kept in assets/ and served from there; a test sees to it that it is current.
 */
export async function describeApi(operations: readonly Operation[]): Promise<Document> {
  const app = new Hono();
  for (const operation of operations) {
    app.on(operation.method, `/api/v4${operation.path}`, describeRoute(describe(operation)), tagParameters(operation));
  }
  const document = await generateSpecs(app, { documentation });
  for (const [path, described] of Object.entries(document.paths ?? {})) {
    const named = new Set([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ""));
    for (const operation of Object.values(described ?? {})) showParameters(operation as OperationDocument, named);
  }
  return document;
}

type Document = Awaited<ReturnType<typeof generateSpecs>>;

const header = (name: string, description: string) => ({ type: "apiKey", in: "header", name, description }) as const;

const documentation = {
  openapi: "3.1.0",
  info: {
    title: "Gatehouse",
    version: "4",
    description:
      "GitLab's internal API, and the part of its REST API through which users, keys, groups and projects come to exist. " +
      "Parameters may come in the query or in the body, as JSON, a form or multipart, whatever the method; a path says " +
      "more than a body, a body more than a query. Numbers and booleans may come as text.",
  },
  servers: [{ url: "/" }],
  components: {
    securitySchemes: {
      shellJwt: header("Gitlab-Shell-Api-Request", "JWT, HS256, issuer gitlab-shell, signed with the shell secret."),
      sharedSecret: header("Gitlab-Shared-Secret", "The shell secret in Base64."),
      privateToken: header("PRIVATE-TOKEN", "A personal access token."),
      bearer: {
        type: "http" as const,
        scheme: "bearer",
        description: "A personal access token; on calls that kas makes for an agent, the agent's token.",
      },
      portalJwt: header(
        "X-Customers-Dot-Internal-Token",
        "JWT of the customers' portal, signed with its key; where it is sent, it decides alone.",
      ),
      portalToken: header("TOKEN", "A personal access token, on the calls of the customers' portal."),
      kasJwt: header("Gitlab-Kas-Api-Request", "JWT, HS256, issuer gitlab-kas, signed with the 32 bytes of the kas secret."),
      agentToken: header("Gitlab-Agent-Api-Request", "The token of an agent; where it is sent, it decides alone."),
    },
    schemas: {
      RestFault: {
        type: "object" as const,
        description: "`message`, or `error` where a declared parameter or a token is at fault.",
        properties: {
          message: {
            description: "One sentence, a list of them, or either by the name of a field.",
            anyOf: [
              { type: "string" as const },
              { type: "array" as const, items: { type: "string" as const } },
              {
                type: "object" as const,
                additionalProperties: {
                  anyOf: [{ type: "array" as const, items: { type: "string" as const } }, { type: "string" as const }],
                },
              },
            ],
          },
          error: { anyOf: [{ type: "string" as const }, { type: "array" as const, items: { type: "string" as const } }] },
          error_description: { type: "string" as const },
          scope: { type: "string" as const, description: "The scopes of which the token needs one." },
        },
        anyOf: [{ required: ["message"] }, { required: ["error"] }],
      },
      ShellFault: {
        type: "object" as const,
        properties: { message: { type: "string" as const } },
        required: ["message"],
      },
      GitFault: {
        type: "object" as const,
        properties: {
          status: { const: false, description: "Left out where the caller did not prove who they are." },
          message: { type: "string" as const },
        },
        required: ["message"],
      },
    },
  },
};

const faultSchemaOf: Record<Dialect, string> = { git: "GitFault", shell: "ShellFault", rest: "RestFault", kas: "RestFault" };

const securityOf: Record<CallerKind, Record<string, string[]>[]> = {
  shell: [{ shellJwt: [] }, { sharedSecret: [] }],
  kas: [{ kasJwt: [] }],
  agent: [
    { kasJwt: [], agentToken: [] },
    { kasJwt: [], bearer: [] },
  ],
  user: [{ privateToken: [] }, { bearer: [] }],
  anyone: [{}, { privateToken: [] }, { bearer: [] }],
  portal: [{ portalJwt: [] }],
  billing: [{ portalJwt: [] }, { privateToken: [] }, { bearer: [] }, { portalToken: [] }],
  billingReader: [{ portalJwt: [] }, { privateToken: [] }, { bearer: [] }, { portalToken: [] }],
};

const faultDescriptions: Record<number, string> = {
  301: "Moved",
  400: "Bad request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not found",
  405: "Not allowed",
  409: "Conflict",
  412: "Precondition failed",
  413: "Request entity too large",
  422: "Unprocessable entity",
  429: "Too many requests",
  503: "Service unavailable",
};

function describe(operation: Operation) {
  const fault = { "application/json": { schema: { $ref: `#/components/schemas/${faultSchemaOf[operation.dialect]}` } } };
  const answers = Object.entries(operation.answers).map(([status, { description, schema }]) => {
    if (schema !== undefined) return [status, { description, content: jsonOf(schema) }];
    return [status, Number(status) < 400 ? { description } : { description, content: fault }];
  });
  const refusals = [...new Set([400, 401, 403, 413, ...(operation.faults ?? [])])].map((status) => [
    String(status),
    // A redirect is told as text.
    { description: faultDescriptions[status] ?? "Refused", ...(status === 301 ? {} : { content: fault }) },
  ]);
  return {
    summary: operation.summary,
    tags: [...operation.tags],
    security: securityOf[operation.caller],
    responses: Object.fromEntries([...refusals, ...answers]),
  };
}

function jsonOf(schema: v.GenericSchema) {
  return { "application/json": { schema: resolver(schema, { options: { typeMode: "output", errorMode: "ignore" } }) } };
}

/** How hono-openapi finds parameters; GETs and DELETEs show theirs as query parameters. */
function tagParameters(operation: Operation): Handler {
  const target = operation.method === "GET" || operation.method === "DELETE" ? "query" : "json";
  const tag = { target, ...resolver(operation.params), options: { options: { typeMode: "input", errorMode: "ignore" } } };
  return Object.assign(() => undefined, { [uniqueSymbol]: tag });
}

interface OperationDocument {
  parameters?: { in: string; name: string; schema: JsonSchema; description?: string }[];
  requestBody?: { required?: boolean; content?: Record<string, { schema?: JsonSchema }> };
}

/** One schema validates path, query and body together: each parameter is shown once, as what it means. */
function showParameters(operation: OperationDocument, named: Set<string>): void {
  const parameters = operation.parameters ?? [];
  const inPath = parameters.filter((parameter) => parameter.in === "path");
  const inQuery = parameters.filter((parameter) => parameter.in !== "path" && !named.has(parameter.name));
  operation.parameters = [...inPath, ...inQuery].map((parameter) => {
    const schema = plainSchema(parameter.schema);
    // A repeated plain name is no list: the last one counts.
    return { ...parameter, name: schema.type === "array" ? `${parameter.name}[]` : parameter.name, schema };
  });
  if (operation.parameters.length === 0) delete operation.parameters;
  const media = Object.values(operation.requestBody?.content ?? {});
  for (const each of media) {
    const { properties = {}, required = [], ...rest } = each.schema ?? {};
    each.schema = plainSchema({
      ...rest,
      properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !named.has(name))),
      required: required.filter((name) => !named.has(name)),
    });
  }
  if (operation.requestBody === undefined) return;
  if (media.every(({ schema }) => Object.keys(schema?.properties ?? {}).length === 0)) delete operation.requestBody;
  else operation.requestBody.required = media.some(({ schema }) => schema?.required !== undefined);
}
