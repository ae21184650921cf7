import { generateSpecs } from "hono-openapi";
import type { Hono } from "hono";
import type { AppEnv } from "./context.ts";

type Document = Awaited<ReturnType<typeof generateSpecs>>;

const header = (name: string, description: string) => ({ type: "apiKey", in: "header", name, description }) as const;

/** The OpenAPI document of all mounted operations, made from the schemas they validate with. */
export async function describeApi(app: Hono<AppEnv>, version: string): Promise<Document> {
  const document = await generateSpecs(app, {
    documentation: {
      openapi: "3.1.0",
      info: {
        title: "Gatehouse",
        version,
        description: "GitLab's internal API, and the part of its REST API through which users, keys, groups and projects come to exist.",
      },
      servers: [{ url: "/" }],
      components: {
        securitySchemes: {
          shellJwt: header("Gitlab-Shell-Api-Request", "JWT, HS256, issuer gitlab-shell, signed with the shell secret."),
          sharedSecret: header("Gitlab-Shared-Secret", "The shell secret in Base64."),
          privateToken: header("PRIVATE-TOKEN", "A personal access token."),
          bearer: { type: "http", scheme: "bearer", description: "A personal access token." },
        },
      },
    },
  });
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    const named = new Set([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ""));
    for (const operation of Object.values(operations ?? {})) showPathParametersOnce(operation as OperationDocument, named);
  }
  return document;
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
  for (const media of Object.values(operation.requestBody?.content ?? {})) {
    const schema = media.schema;
    if (schema?.properties === undefined) continue;
    schema.properties = Object.fromEntries(Object.entries(schema.properties).filter(([name]) => !named.has(name)));
    if (schema.required !== undefined) schema.required = schema.required.filter((name) => !named.has(name));
  }
  const empty = Object.values(operation.requestBody?.content ?? {}).every(
    (media) => Object.keys(media.schema?.properties ?? {}).length === 0,
  );
  if (operation.requestBody !== undefined && empty) delete operation.requestBody;
}
