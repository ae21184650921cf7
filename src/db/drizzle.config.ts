import { defineConfig } from "drizzle-kit";

/** Run from the repository's root: `npm run db:generate`. */
export default defineConfig({
  dialect: "sqlite",
  schema: "./src/db/schema/index.ts",
  out: "./migrations",
});
