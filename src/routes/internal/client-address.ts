import type { AccessRequest } from "../../domain/access/request.ts";
import type { AppContext } from "../../http/context.ts";

/** The address of the client behind a shell caller, as that caller tells it; null where it does not. */
export function clientAddressOf(c: AppContext, request: AccessRequest): string | null {
  return request.checkIp ?? forwardedFor(c);
}

/** The client that Gitaly pushes for, which it names with its port: `192.0.2.1:4242`, `[2001:db8::1]:4242`. */
function forwardedFor(c: AppContext): string | null {
  const [first = ""] = (c.req.header("X-Forwarded-For") ?? "").split(",");
  const address = /^\[(.*)\](?::\d+)?$/.exec(first.trim())?.[1] ?? first.trim().replace(/^([^:]*):\d+$/, "$1");
  return address === "" ? null : address;
}
