import type { Context, Handler } from "hono";
import { describeRoute, resolver, uniqueSymbol } from "hono-openapi";
import * as v from "valibot";
import { dialectOf, identifyCaller, type CallerKind, type Callers } from "../auth/callers.ts";
import { badParameter, forbidden } from "../domain/fault.ts";
import { describeIssues, type Dialect } from "./answers.ts";
import type { AppEnv } from "./context.ts";
import { readParams } from "./params.ts";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
type Awaitable<T> = T | Promise<T>;

export const defaultLimitBytes = 1024 * 1024;

/** One success that an operation may answer; without a schema it has no body. */
export interface SuccessAnswer {
  description: string;
  schema?: v.GenericSchema;
}

interface Declaration<Kind extends CallerKind, Params extends v.GenericSchema> {
  method: Method;
  /** Below `/api/v4`, e.g. `/projects/:id`. */
  path: string;
  /** One sentence for the document. */
  summary: string;
  tags: readonly string[];
  /** Who may call; credentials are proved before anything else is said about the request. */
  caller: Kind;
  /** Administrators only: tested after the shape of the parameters, as GitLab does. */
  requires?: "admin";
  /** Scopes of which a token needs one; default `api`, and `read_api` for GET. `[]`: any token. */
  scopes?: readonly string[];
  /** How faults are told, where it is not how this kind of caller is told of all others. */
  dialect?: Dialect;
  /** Largest body; default 1 MiB. */
  limitBytes?: number;
  /** Path, query and body parameters together, under their wire names. */
  params: Params;
  answers: Record<number, SuccessAnswer>;
  /** Statuses of the faults it may answer besides those that every operation may. */
  faults?: readonly number[];
  handle(c: OperationContext<Kind>, params: v.InferOutput<Params>): Awaitable<Response>;
}

export type OperationContext<Kind extends CallerKind> = Context<AppEnv & { Variables: { caller: Callers[Kind] } }>;

/** A declared operation, ready to be mounted. */
export interface Operation {
  method: Method;
  path: string;
  caller: CallerKind;
  handlers: [Handler<AppEnv>, Handler<AppEnv>];
}

/**
 * Declares an endpoint: everything that happens before its handler, in this order: limit the body, read the
 * parameters, prove the caller, validate, and for administrators' calls ask for one. What is declared is also what is
 * documented.
 */
export function operation<Kind extends CallerKind, Params extends v.GenericSchema>(declared: Declaration<Kind, Params>): Operation {
  const dialect = declared.dialect ?? dialectOf[declared.caller];
  const scopes = declared.scopes ?? (declared.method === "GET" ? ["api", "read_api"] : ["api"]);

  const gate: Handler<AppEnv> = async (c) => {
    c.set("dialect", dialect);
    const read = await readParams(c.req.raw, c.req.param(), declared.limitBytes ?? defaultLimitBytes);
    const caller = await identifyCaller(declared.caller, c, read.values, { scopes });
    if (read.fault !== null) throw read.fault;
    const params = v.safeParse(declared.params, read.values);
    if (!params.success) throw badParameter(describeIssues(params.issues));
    if (declared.requires === "admin" && !isAdmin(caller)) throw forbidden();
    const context = c as unknown as OperationContext<Kind>;
    context.set("caller", caller);
    return declared.handle(context, params.output);
  };

  return {
    method: declared.method,
    path: declared.path,
    caller: declared.caller,
    handlers: [describeRoute(documentOf(declared)) as Handler<AppEnv>, Object.assign(gate, parameterTag(declared))],
  };
}

function isAdmin(caller: Callers[CallerKind]): boolean {
  return caller !== null && caller.kind === "user" && caller.isAdmin;
}

/** How hono-openapi finds a handler's parameters; GETs and DELETEs show theirs as query parameters. */
function parameterTag(declared: { method: Method; params: v.GenericSchema }) {
  const target = declared.method === "GET" || declared.method === "DELETE" ? "query" : "json";
  return { [uniqueSymbol]: { target, ...resolver(declared.params), options: { options: { typeMode: "input", errorMode: "ignore" } } } };
}

const commonFaults: Record<number, string> = {
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

type Documented = Pick<Declaration<CallerKind, v.GenericSchema>, "summary" | "tags" | "caller" | "answers" | "faults">;

function documentOf(declared: Documented) {
  const { answers, faults = [], caller } = declared;
  const success = Object.entries(answers).map(([status, { description, schema }]) => [
    status,
    schema === undefined
      ? { description }
      : {
          description,
          content: { "application/json": { schema: resolver(schema, { options: { typeMode: "output", errorMode: "ignore" } }) } },
        },
  ]);
  const always = caller === "nobody" ? [400, 413] : [400, 401, 403, 413];
  const refusals = [...new Set([...always, ...faults])].map((status) => [
    String(status),
    { description: commonFaults[status] ?? "Refused" },
  ]);
  return {
    summary: declared.summary,
    tags: [...declared.tags],
    security: securityOf[caller],
    responses: Object.fromEntries([...refusals, ...success]),
  };
}

const securityOf: Record<CallerKind, Record<string, string[]>[]> = {
  shell: [{ shellJwt: [] }, { sharedSecret: [] }],
  user: [{ privateToken: [] }, { bearer: [] }],
  anyone: [{}, { privateToken: [] }, { bearer: [] }],
  nobody: [],
};
