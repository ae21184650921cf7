/**
 * Why a request cannot be answered as asked. The kinds are closed: every dialect says what each becomes on the wire
 * (http/answers.ts), and a new kind does not compile until all of them do.
 */
export type FaultKind =
  | "unauthenticated"
  | "invalidToken"
  | "insufficientScope"
  | "forbidden"
  | "notFound"
  | "parameter"
  | "invalid"
  | "conflict"
  | "unprocessable"
  | "preconditionFailed"
  | "tooMany"
  | "moved"
  | "methodNotAllowed"
  | "tooLarge"
  | "unavailable";

/** Model errors by field, as GitLab's REST API shows them: `{"path": ["has already been taken"]}`. */
export type FieldErrors = Record<string, string[]>;

/**
 * Thrown where a request ends early, and turned into a response in one place. `reason` is stable (logs, tests);
 * `text` is for the person and never holds what the caller sent as a secret.
 */
export class Fault extends Error {
  constructor(
    readonly kind: FaultKind,
    readonly reason: string,
    readonly text: string | FieldErrors | string[] | null = null,
    readonly data: Record<string, string> = {},
  ) {
    super(reason);
  }
}

/** The text of a fault where it is one sentence; the texts of model errors joined otherwise. */
export function sentenceOf(fault: Fault): string | null {
  const { text } = fault;
  if (text === null || typeof text === "string") return text;
  const entries = Array.isArray(text) ? text : Object.entries(text).map(([field, errors]) => `${field} ${errors.join(", ")}`);
  return entries.join(", ");
}

/** 401. With a text: `401 Unauthorized - <text>`. */
export function unauthenticated(reason: string, text: string | null = null): Fault {
  return new Fault("unauthenticated", reason, text);
}

/** 403. With a text: `403 Forbidden - <text>`. */
export function forbidden(text: string | null = null): Fault {
  return new Fault("forbidden", "forbidden", text);
}

/** 404 `404 <thing> Not Found`: the named thing is missing, or not to be seen by this caller. */
export function notFound(thing: string | null = null): Fault {
  return new Fault("notFound", "not_found", thing === null ? "404 Not Found" : `404 ${thing} Not Found`);
}

/** 404 `404 Not found`, with the small f: what GitLab says where the look-up of a row failed. */
export function rowNotFound(): Fault {
  return new Fault("notFound", "not_found", "404 Not found");
}

/** 400 of the shape of a declared parameter: `key is missing`. */
export function badParameter(text: string): Fault {
  return new Fault("parameter", "bad_parameter", text);
}

/** 400 `400 Bad request - <text>`, said by an endpoint itself. */
export function badRequest(text: string): Fault {
  return new Fault("invalid", "bad_request", `400 Bad request - ${text}`);
}

/** 400 with model errors by field, or a text that stands as it is. */
export function invalid(text: string | FieldErrors): Fault {
  return new Fault("invalid", "invalid", text);
}

export function conflict(text: string): Fault {
  return new Fault("conflict", "conflict", text);
}

export function unprocessable(text: string | string[]): Fault {
  return new Fault("unprocessable", "unprocessable", text);
}

/** 422 of what a parameter says, told as `error`: `Invalid url given`. */
export function invalidValue(text: string): Fault {
  return new Fault("unprocessable", "invalid_value", text);
}

/** 422 with model errors by field. */
export function unprocessableFields(errors: FieldErrors): Fault {
  return new Fault("unprocessable", "invalid_fields", errors);
}

/** 429 of one endpoint, with the time after which it answers again. */
export function tooMany(retryAfterSeconds: number): Fault {
  return new Fault("tooMany", "rate_limited", null, { retryAfterSeconds: String(retryAfterSeconds) });
}
