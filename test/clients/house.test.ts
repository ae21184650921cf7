import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { experimental_readRawConfig } from "wrangler";

const { rawConfig } = experimental_readRawConfig({ config: "wrangler.toml" });

type Environment = Record<string, unknown>;

/** What a Worker of this environment is bound to, by kind and name. */
function bindingsOf(environment: Environment): string[] {
  const named = (kind: string, key: string) =>
    ((environment[kind] ?? []) as Record<string, string>[]).map((each) => `${kind}:${each[key]}`);
  const objects = (environment["durable_objects"] as { bindings: { name: string; class_name: string }[] } | undefined)?.bindings ?? [];
  const queues = environment["queues"] as { producers: { binding: string }[]; consumers: { dead_letter_queue?: string }[] };
  return [
    ...named("d1_databases", "binding"),
    ...named("ratelimits", "name"),
    ...objects.map((each) => `object:${each.name}:${each.class_name}`),
    ...queues.producers.map((each) => `queue:${each.binding}`),
    ...queues.consumers.map((each) => `consumer:${each.dead_letter_queue === undefined ? "without" : "with"} dead letters`),
    ...(environment["triggers"] as { crons: string[] }).crons.map((cron) => `cron:${cron}`),
    ...Object.keys(environment["exports"] as object).map((name) => `export:${name}`),
    ...Object.keys(environment["vars"] as object).map((name) => `var:${name}`),
    ...(environment["secrets"] as { required: string[] }).required.map((name) => `secret:${name}`),
  ];
}

describe("wrangler.toml", () => {
  const environments = rawConfig.env as Record<string, Environment>;

  it("binds the same things in local development, staging and production", () => {
    const local = bindingsOf({ ...rawConfig });
    expect(local).toContain("d1_databases:DB");
    expect(bindingsOf(environments["staging"]!)).toEqual(local);
    expect(bindingsOf(environments["production"]!)).toEqual(local);
  });

  it("turns Cloudflare Access off nowhere, and names each environment by its name", () => {
    for (const name of ["staging", "production"]) {
      expect(environments[name]!["vars"]).toMatchObject({ ENVIRONMENT: name, ACCESS: "on" });
    }
    expect(rawConfig.vars).toMatchObject({ ENVIRONMENT: "development", ACCESS: "on" });
  });

  it("shares neither queues nor databases between environments", () => {
    const names = [{ ...rawConfig }, ...Object.values(environments)].flatMap((each) => [
      (each["d1_databases"] as { database_name: string }[])[0]!.database_name,
      (each["queues"] as { producers: { queue: string }[] }).producers[0]!.queue,
    ]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("is reachable by its private hostname alone", () => {
    expect(rawConfig).toMatchObject({ workers_dev: false, preview_urls: false });
  });
});

describe("migrations", () => {
  const files = readdirSync("migrations").filter((name) => name.endsWith(".sql"));

  it.each(files)("%s rebuilds and drops no table, which on D1 would take its children along", (name) => {
    const sql = readFileSync(`migrations/${name}`, "utf8");
    expect(sql).not.toMatch(/drop\s+table|__new_/i);
  });
});
