import { HonoBase } from "hono/hono-base";
import { methodNotAllowed } from "hono/method-not-allowed";
import { requestId } from "hono/request-id";
import { TrieRouter } from "hono/router/trie-router";
import { accessGuard } from "./http/access-guard.ts";
import type { AppEnv } from "./http/context.ts";
import { renderError } from "./http/errors.ts";
import { routedPath } from "./http/path.ts";
import { requestScope } from "./http/request-scope.ts";
import { operations } from "./routes/index.ts";

export const app = new HonoBase<AppEnv>({ router: new TrieRouter(), getPath: routedPath });

app.use(requestId());
/** Alive: answers as soon as the Worker serves, whatever is wrong with its configuration; the one route without Access. */
app.get("/-/health", (c) => c.json({ status: "ok" }));
app.use(requestScope);
app.use(accessGuard);
app.use(
  methodNotAllowed({ app, onMethodNotAllowed: (c, methods) => c.json({ error: "405 Not Allowed" }, 405, { Allow: methods.join(", ") }) }),
);

app.all("/api/v3/*", (c) => c.json({ error: "API V3 is no longer supported. Use API V4 instead." }, 410));
for (const operation of operations) {
  app.on(operation.method, `/api/v4${operation.path}`, operation.handler);
}
app.get("/api/v4/openapi.json", async (c) => {
  const document = await c.env.ASSETS.fetch("http://assets/openapi.json");
  return new Response(document.body, { headers: { "Content-Type": "application/json" } });
});

app.notFound((c) => c.json({ error: "404 Not Found" }, 404));
app.onError(renderError);
