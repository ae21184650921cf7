/** A path of names between doubled braces: `{{project.name}}`. */
const field = /\{\{([^{}]{1,1000})\}\}/g;

/**
 * The body of a hook's own making (GitLab's custom webhook template): each `{{a.b}}` is replaced by what the event has
 * there. A text stands without its quotes, as JSON writes what is between them, so that it cannot end the string that it is
 * put into; anything else stands as JSON, and what is not there as `null`. `event` is JSON. Null where the outcome is no
 * JSON, or longer than `limit` characters.
 */
export function renderTemplate(template: string, event: string, limit: number): string | null {
  const data = parseJson(event);
  let rendered = "";
  let end = 0;
  for (const match of template.matchAll(field)) {
    rendered += template.slice(end, match.index) + textOf(lookUp(data, match[1] ?? ""));
    end = match.index + match[0].length;
    if (rendered.length > limit) return null;
  }
  rendered += template.slice(end);
  return rendered.length <= limit && parseJson(rendered) !== undefined ? rendered : null;
}

function lookUp(data: unknown, path: string): unknown {
  let value = data;
  for (const name of path.trim().split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return null;
    value = Reflect.get(value, name);
  }
  return value;
}

function textOf(value: unknown): string {
  const json = JSON.stringify(value) ?? "null";
  return typeof value === "string" ? json.slice(1, -1) : json;
}

/** Undefined where the text is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
