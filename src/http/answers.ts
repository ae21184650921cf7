import type { ContentfulStatusCode } from "hono/utils/http-status";
import { sentenceOf, type Fault, type FaultKind } from "../domain/fault.ts";

/**
 * How a caller wants to be told that something went wrong.
 * - `git`: gitlab-shell and Gitaly on `/allowed`: a string `message`, and `status: false` once the caller is known.
 * - `shell`: the other internal calls: a string `message` (all that gitlab-shell reads).
 * - `rest`: the public API: `message`, or `error` for declared parameters and tokens.
 * - `kas`: the same, with bare texts where it is refused itself, or an agent's configuration refuses a user.
 */
export type Dialect = "git" | "shell" | "rest" | "kas";

interface Answer {
  status: ContentfulStatusCode;
  body: Record<string, unknown>;
  headers?: Record<string, string>;
}

type AnswerTable = Record<FaultKind, (fault: Fault) => Answer>;

const plain =
  (status: ContentfulStatusCode, text: string) =>
  (fault: Fault): Answer => ({
    status,
    body: { message: fault.text ?? text },
  });

const withReason =
  (status: ContentfulStatusCode, text: string) =>
  (fault: Fault): Answer => ({
    status,
    body: { message: fault.text === null ? text : `${text} - ${sentenceOf(fault)}` },
  });

const restAnswers: AnswerTable = {
  unauthenticated: withReason(401, "401 Unauthorized"),
  invalidToken: (fault) => ({ status: 401, body: { error: "invalid_token", error_description: fault.text } }),
  insufficientScope: (fault) => ({
    status: 403,
    body: {
      error: "insufficient_scope",
      error_description: "The request requires higher privileges than provided by the access token.",
      scope: fault.data["scope"] ?? "",
    },
  }),
  // A list of texts is said as it stands: the limits that GitLab tells so.
  forbidden: (fault) =>
    Array.isArray(fault.text) ? { status: 403, body: { error: fault.text } } : withReason(403, "403 Forbidden")(fault),
  notFound: plain(404, "404 Not Found"),
  parameter: (fault) => ({ status: 400, body: { error: fault.text } }),
  invalid: (fault) => ({
    status: 400,
    body: fault.reason === "broken_body" || fault.reason === "unsupported_media" ? { error: fault.text } : { message: fault.text },
  }),
  conflict: plain(409, "409 Conflict"),
  unprocessable: (fault) =>
    fault.reason === "invalid_value" ? { status: 422, body: { error: fault.text } } : plain(422, "422 Unprocessable Entity")(fault),
  tooMany: (fault) => ({
    status: 429,
    body: { message: { error: "This endpoint has been requested too many times. Try again later." } },
    headers: { "Retry-After": fault.data["retryAfterSeconds"] ?? "60" },
  }),
  preconditionFailed: plain(412, "412 Precondition Failed"),
  // Shown as text, not as this body (http/errors.ts).
  moved: (fault) => ({ status: 301, body: { message: fault.text }, headers: { Location: fault.data["location"] ?? "" } }),
  methodNotAllowed: (fault) =>
    fault.reason === "no_keyset" ? { status: 405, body: { error: fault.text } } : plain(405, "405 Not Allowed")(fault),
  tooLarge: plain(413, "413 Request Entity Too Large"),
  unavailable: plain(503, "503 Service Unavailable"),
};

/** gitlab-shell reads nothing but a string `message`. */
const shellAnswers: AnswerTable = {
  ...restAnswers,
  invalidToken: () => ({ status: 401, body: { message: "401 Unauthorized" } }),
  insufficientScope: () => ({ status: 403, body: { message: "403 Forbidden" } }),
  parameter: (fault) => ({ status: 400, body: { message: `400 Bad request - ${sentenceOf(fault)}` } }),
  invalid: (fault) => ({
    status: 400,
    body: { message: fault.reason === "broken_body" ? "400 Bad request - body is not a JSON object" : bad(fault) },
  }),
  unprocessable: (fault) => ({ status: 422, body: { message: sentenceOf(fault) ?? "422 Unprocessable Entity" } }),
};

/** The action of an audit event is refused in words that GitLab says as they stand. */
function bad(fault: Fault): string {
  const text = sentenceOf(fault) ?? "";
  return text.startsWith("400 ") || fault.reason === "action_invalid" ? text : `400 Bad request - ${text}`;
}

/** A refusal is a 401 here: older clients show a fixed text instead of the message of a 403. */
const gitAnswers = Object.fromEntries(
  Object.entries({ ...shellAnswers, forbidden: plain(401, "401 Unauthorized") }).map(([kind, answer]) => [
    kind,
    (fault: Fault) => {
      const { body, ...rest } = answer(fault);
      return { ...rest, body: kind === "unauthenticated" ? body : { status: false, ...body } };
    },
  ]),
) as AnswerTable;

/** Contract kas 1.1 and 11. */
const kasAnswers: AnswerTable = {
  ...restAnswers,
  unauthenticated: plain(401, "401 Unauthorized"),
  forbidden: (fault) => (fault.reason === "user_access" ? plain(403, "403 Forbidden")(fault) : restAnswers.forbidden(fault)),
};

const dialects: Record<Dialect, AnswerTable> = { git: gitAnswers, shell: shellAnswers, rest: restAnswers, kas: kasAnswers };

/** The whole mapping from faults to statuses and bodies. */
export function answerTo(fault: Fault, dialect: Dialect): Answer {
  return dialects[dialect][fault.kind](fault);
}

/** Nobody reads more, and a caller must not get back more than they sent. */
const mostSentences = 10;

/** The sentence for declared parameters: `name is missing, scopes[0] is invalid`. */
export function describeIssues(
  issues: readonly { message: string; input: unknown; kind: string; type: string; path?: readonly { key: unknown }[] | undefined }[],
): string {
  const sentences = new Map<string, string>();
  for (const issue of issues) {
    if (sentences.size === mostSentences) break;
    if (issue.path === undefined) {
      sentences.set(issue.message, issue.message);
      continue;
    }
    const [first, ...rest] = issue.path.map((item) => String(item.key));
    const name = `${first}${rest.map((key) => `[${key}]`).join("")}`;
    if (!sentences.has(name)) sentences.set(name, `${name} ${verdictOn(issue)}`);
  }
  return [...sentences.values()].join(", ");
}

const verdicts = new Set(["is empty", "is missing", "does not have a valid value", "has a value not allowed", "is not supported"]);

function verdictOn(issue: { message: string; input: unknown; kind: string }): string {
  if (verdicts.has(issue.message)) return issue.message;
  return issue.kind === "schema" && issue.input === undefined ? "is missing" : "is invalid";
}
