import { Hono, type Handler } from "hono";
import { describeRoute, generateSpecs, resolver, uniqueSymbol } from "hono-openapi";
import type { CallerKind } from "../auth/callers.ts";
import type { Operation } from "../http/operation.ts";

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
    for (const operation of Object.values(described ?? {})) showPathParametersOnce(operation as OperationDocument, named);
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
    description: "GitLab's internal API, and the part of its REST API through which users, keys, groups and projects come to exist.",
  },
  servers: [{ url: "/" }],
  components: {
    securitySchemes: {
      shellJwt: header("Gitlab-Shell-Api-Request", "JWT, HS256, issuer gitlab-shell, signed with the shell secret."),
      sharedSecret: header("Gitlab-Shared-Secret", "The shell secret in Base64."),
      privateToken: header("PRIVATE-TOKEN", "A personal access token."),
      bearer: { type: "http" as const, scheme: "bearer", description: "A personal access token." },
    },
  },
};

const securityOf: Record<CallerKind, Record<string, string[]>[]> = {
  shell: [{ shellJwt: [] }, { sharedSecret: [] }],
  user: [{ privateToken: [] }, { bearer: [] }],
  anyone: [{}, { privateToken: [] }, { bearer: [] }],
  nobody: [],
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
  503: "Service unavailable",
};

function describe(operation: Operation) {
  const success = Object.entries(operation.answers).map(([status, { description, schema }]) => [
    status,
    schema === undefined
      ? { description }
      : {
          description,
          content: { "application/json": { schema: resolver(schema, { options: { typeMode: "output", errorMode: "ignore" } }) } },
        },
  ]);
  const always = operation.caller === "nobody" ? [400, 413] : [400, 401, 403, 413];
  const refusals = [...new Set([...always, ...(operation.faults ?? [])])].map((status) => [
    String(status),
    { description: faultDescriptions[status] ?? "Refused" },
  ]);
  return {
    summary: operation.summary,
    tags: [...operation.tags],
    security: securityOf[operation.caller],
    responses: Object.fromEntries([...refusals, ...success]),
  };
}

/** How hono-openapi finds parameters; GETs and DELETEs show theirs as query parameters. */
function tagParameters(operation: Operation): Handler {
  const target = operation.method === "GET" || operation.method === "DELETE" ? "query" : "json";
  const tag = { target, ...resolver(operation.params), options: { options: { typeMode: "input", errorMode: "ignore" } } };
  return Object.assign(() => undefined, { [uniqueSymbol]: tag });
}

interface ObjectSchema {
  properties?: Record<string, unknown>;
  required?: string[];
}
interface OperationDocument {
  parameters?: { in: string; name: string }[];
  requestBody?: { content?: Record<string, { schema?: ObjectSchema }> };
}

/** One schema validates path, query and body together: what the path names is not shown a second time. */
function showPathParametersOnce(operation: OperationDocument, named: Set<string>): void {
  if (operation.parameters !== undefined) {
    operation.parameters = operation.parameters.filter((parameter) => parameter.in === "path" || !named.has(parameter.name));
  }
  const media = Object.values(operation.requestBody?.content ?? {});
  for (const { schema } of media) {
    if (schema?.properties === undefined) continue;
    schema.properties = Object.fromEntries(Object.entries(schema.properties).filter(([name]) => !named.has(name)));
    if (schema.required !== undefined) schema.required = schema.required.filter((name) => !named.has(name));
  }
  const isEmpty = media.every(({ schema }) => Object.keys(schema?.properties ?? {}).length === 0);
  if (operation.requestBody !== undefined && isEmpty) delete operation.requestBody;
}
