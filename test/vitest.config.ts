import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { testVars } from "./setup/vars.ts";

/** Inside workerd, with the bindings of wrangler.toml, but for those that are given. */
async function workerd(bindings: { queueProducers?: Record<string, string> } = {}) {
  const miniflare = { bindings: { ...testVars, TEST_MIGRATIONS: await readD1Migrations("migrations") }, ...bindings };
  return [cloudflareTest({ wrangler: { configPath: "./wrangler.toml" }, miniflare })];
}

/** Three projects in one run: everything inside workerd, whole pushes there with a queue that delivers, and real clients over HTTP from Node. */
export default defineConfig(async () => ({
  test: {
    // Vitest leaves one core unused, which of two is half the time.
    maxWorkers: "100%",
    projects: [
      {
        // A queue that nobody reads: what it delivered would come at any time, and to a file that is over.
        plugins: await workerd({ queueProducers: { JOBS: "unread" } }),
        test: {
          name: "workerd",
          include: ["test/**/*.test.ts"],
          exclude: ["test/clients/**", "test/stories/**"],
          setupFiles: ["test/setup/migrate.ts"],
          testTimeout: 20_000,
        },
      },
      {
        plugins: await workerd(),
        test: {
          name: "stories",
          include: ["test/stories/**/*.test.ts"],
          setupFiles: ["test/setup/migrate.ts"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "clients",
          include: ["test/clients/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
}));
