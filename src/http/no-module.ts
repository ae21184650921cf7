/** Stands in for optional modules that hono-openapi names and this Worker never uses (wrangler.toml, [alias]). */
export {};
