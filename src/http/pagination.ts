import * as v from "valibot";
import { Fault } from "../domain/fault.ts";
import { externalUrl, queryWithoutCredentials, type AppContext } from "./context.ts";
import { integer, oneOf, optional } from "./fields.ts";

/**
 * `page` and `per_page` of every list (contract provisioning 1.5); at most 100 rows a page. `pagination=keyset` is for the
 * lists that answer by `respondKeyset`; `pageOf` refuses it.
 */
export const pageFields = {
  pagination: optional(oneOf(["keyset", "legacy", "offset"])),
  page: optional(
    v.pipe(
      integer(),
      v.check((value) => value >= 1, "has a value not allowed"),
    ),
  ),
  per_page: optional(
    v.pipe(
      integer(),
      v.check((value) => value >= 1, "has a value not allowed"),
    ),
  ),
};

export interface Page {
  number: number;
  size: number;
  offset: number;
}

/** The numbered page that is asked for. 405 for a part of a keyset list, before anything is read for it. */
export function pageOf(params: { page?: number | undefined; per_page?: number | undefined; pagination?: string | undefined }): Page {
  if (params.pagination === "keyset") throw keysetUnavailable();
  const size = pageSizeOf(params);
  const number = Math.min(params.page ?? 1, 1_000_000);
  return { number, size, offset: (number - 1) * size };
}

/** How many rows a page has, numbered or not. */
export function pageSizeOf(params: { per_page?: number | undefined }): number {
  return Math.min(params.per_page ?? 20, 100);
}

/** 405: this list, or this order of it, has pages only. */
export function keysetUnavailable(): Fault {
  return new Fault("methodNotAllowed", "no_keyset", "Keyset pagination is not yet available for this type of request");
}

/** Beyond this many rows the totals are left out, as GitLab does. */
const countedRows = 10_000;

/** A page of a list, with the headers its clients turn pages by. `total` is the number of rows in all. */
export function respondPage(c: AppContext, rows: unknown[], page: Page, total: number): Response {
  const pages = Math.max(1, Math.ceil(total / page.size));
  const next = page.number < pages ? page.number + 1 : null;
  const previous = page.number > 1 ? Math.min(page.number - 1, pages) : null;
  const isCounted = total <= countedRows;
  c.header("X-Page", String(page.number));
  c.header("X-Per-Page", String(page.size));
  c.header("X-Next-Page", next === null ? "" : String(next));
  c.header("X-Prev-Page", previous === null ? "" : String(previous));
  if (isCounted) {
    c.header("X-Total", String(total));
    c.header("X-Total-Pages", String(pages));
  }
  const links: [string, number | null][] = [
    ["prev", previous],
    ["next", next],
    ["first", 1],
    ["last", isCounted ? pages : null],
  ];
  c.header(
    "Link",
    links
      .flatMap(([rel, number]) =>
        number === null ? [] : [`<${pageUrl(c, { page: String(number), per_page: String(page.size) })}>; rel="${rel}"`],
      )
      .join(", "),
  );
  return c.json(rows);
}

/** A page of a keyset list: nothing but the way to the next one; `next` holds the parameters that continue it. */
export function respondKeyset(c: AppContext, rows: unknown[], next: Record<string, string> | null): Response {
  if (next !== null) c.header("Link", `<${pageUrl(c, next)}>; rel="next"`);
  return c.json(rows);
}

/** This request's own address with some parameters changed, without the credentials a query may hold. */
function pageUrl(c: AppContext, changes: Record<string, string>): string {
  const url = new URL(c.req.url);
  const query = queryWithoutCredentials(c);
  for (const [name, value] of Object.entries(changes)) query.set(name, value);
  return `${externalUrl(c)}${url.pathname}?${query.toString()}`;
}
