import type { Context, Handler } from "hono";
import * as v from "valibot";
import { confirmCaller, dialectOf, identifyCaller, type CallerKind, type Callers } from "../auth/callers.ts";
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
  /** Replaces a token: where one that was replaced before is presented, it or a successor was stolen, and the one that lives is revoked. */
  endsReusedFamily?: true;
  /** How faults are told, where it is not how this kind of caller is told of all others. */
  dialect?: Dialect;
  /** Largest body; default 1 MiB. */
  limitBytes?: number;
  /** Takes a body that is JSON in a JSON text for what the text says. */
  unwrapsText?: true;
  /** Path, query and body parameters together, under their wire names. */
  params: Params;
  answers: Record<number, SuccessAnswer>;
  /** Throws what is said before anything of the parameters is: asked only where they are at fault. Path parameters are texts. */
  refuseFirst?(c: OperationContext<Kind>, path: Record<string, string>): Promise<unknown>;
  /** Statuses of the faults it may answer besides those that every operation may. */
  faults?: readonly number[];
  handle(c: OperationContext<Kind>, params: v.InferOutput<Params>): Awaitable<Response>;
}

export type OperationContext<Kind extends CallerKind> = Context<AppEnv & { Variables: { caller: Callers[Kind] } }>;

/** A declared operation, ready to be mounted, with what its documentation is made from. */
export interface Operation extends Pick<
  Declaration<CallerKind, v.GenericSchema>,
  "method" | "path" | "summary" | "tags" | "caller" | "params" | "answers" | "faults"
> {
  dialect: Dialect;
  /** Largest body. */
  limitBytes: number;
  handler: Handler<AppEnv>;
}

/**
 * Declares an endpoint: everything that happens before its handler, in this order: limit the body, read the
 * parameters, prove the caller, validate, and for administrators' calls ask for one. What is declared is also what is
 * documented (openapi/generate.ts).
 */
export function operation<Kind extends CallerKind, Params extends v.GenericSchema>(declared: Declaration<Kind, Params>): Operation {
  const dialect = declared.dialect ?? dialectOf[declared.caller];
  const limitBytes = declared.limitBytes ?? defaultLimitBytes;
  const scopes = declared.scopes ?? (declared.method === "GET" ? ["api", "read_api"] : ["api"]);

  const handler: Handler<AppEnv> = async (c) => {
    c.set("dialect", dialect);
    const read = await readParams(c.req.raw, c.req.param(), { limitBytes, unwrapsText: declared.unwrapsText ?? false });
    const caller = await identifyCaller(declared.caller, c, read.values, { scopes, endsReusedFamily: declared.endsReusedFamily ?? false });
    c.set(
      "mayKnowCost",
      caller !== null && (caller.kind === "shell" || caller.kind === "kas" || caller.kind === "portal" || isAdmin(caller)),
    );
    const params = v.safeParse(declared.params, read.values);
    const context = c as unknown as OperationContext<Kind>;
    context.set("caller", caller);
    if (read.fault !== null || !params.success) {
      await confirmCaller(c, caller);
      await declared.refuseFirst?.(context, c.req.param());
    }
    if (read.fault !== null) throw read.fault;
    if (!params.success) throw badParameter(describeIssues(params.issues));
    if (declared.requires === "admin" && !isAdmin(caller)) throw forbidden();
    return declared.handle(context, params.output);
  };
  return { ...declared, dialect, limitBytes, handler };
}

function isAdmin(caller: Callers[CallerKind]): boolean {
  return caller !== null && caller.kind === "user" && caller.isAdmin;
}
