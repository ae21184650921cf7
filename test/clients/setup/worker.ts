import { createTestHarness, experimental_readRawConfig } from "wrangler";
import { testVars } from "../../setup/vars.ts";

const { GITLAB_SHELL_SECRET, GITLAB_KAS_SECRET, GATEHOUSE_ROOT_TOKEN, GATEHOUSE_ENCRYPTION_KEY, ...vars } = testVars;
const secrets = { GITLAB_SHELL_SECRET, GITLAB_KAS_SECRET, GATEHOUSE_ROOT_TOKEN, GATEHOUSE_ENCRYPTION_KEY };

export interface Gatehouse {
  /** Where it serves, without a trailing slash. */
  url: string;
  /** For facts that no call sets. */
  db: D1Database;
  /** Starts it anew with these vars over those of the tests; the address and the data stay. */
  configure(overrides: Record<string, string>): Promise<void>;
  close(): Promise<void>;
}

const configPath = "./wrangler.toml";
/** Stated in full, so that nothing of a developer's `.dev.vars` reaches the tests. */
const defaults = experimental_readRawConfig({ config: configPath }).rawConfig.vars as Record<string, string>;

function workersWith(overrides: Record<string, string>) {
  return { workers: [{ configPath, env: "production", vars: { ...defaults, ...vars, ...overrides }, secrets }] };
}

/** The Worker as it is deployed to production, from the same build, on a port of its own, with a migrated database and the configuration of the tests. */
export async function startGatehouse(overrides: Record<string, string> = {}): Promise<Gatehouse> {
  const harness = createTestHarness(workersWith(overrides));
  const url = (await harness.listen()).url.origin;
  const worker = harness.getWorker<{ DB: D1Database }>();
  await worker.applyD1Migrations("DB");
  const configure = (more: Record<string, string>) => harness.update(workersWith({ EXTERNAL_URL: url, ...overrides, ...more }));
  await configure({});
  return { url, db: (await worker.getEnv()).DB, configure, close: () => harness.close() };
}
