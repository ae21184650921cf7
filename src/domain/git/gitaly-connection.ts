/** How a client reaches the Gitaly that holds a repository. */
export interface GitalyConnection {
  address: string;
  token: string | null;
  /** `gitaly-feature-<name>` → `"true"` or `"false"`: text, because a JSON boolean breaks gitlab-shell's parser. */
  features: Record<string, string>;
}

/**
 * From the deployment's storages and features. A storage that is not configured gives an empty address, and
 * gitlab-shell then says so itself. A feature is on or off for all, or on for the listed project paths alone.
 */
export function connectionTo(
  storage: string,
  projectPath: string | null,
  config: { gitalyStorages: Record<string, { address: string; token: string | null }>; gitalyFeatures: Record<string, boolean | string[]> },
): GitalyConnection {
  const found = Object.hasOwn(config.gitalyStorages, storage) ? config.gitalyStorages[storage] : undefined;
  const features = Object.entries(config.gitalyFeatures).map(([name, value]) => {
    const isOn = typeof value === "boolean" ? value : projectPath !== null && value.includes(projectPath);
    return [`gitaly-feature-${name.replaceAll("_", "-")}`, String(isOn)];
  });
  return { address: found?.address ?? "", token: found?.token ?? null, features: Object.fromEntries(features) };
}
