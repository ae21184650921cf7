/** Every scope a personal access token may be given (contract provisioning 6.4). */
export const scopes = [
  "api",
  "read_user",
  "read_api",
  "read_repository",
  "write_repository",
  "read_registry",
  "write_registry",
  "read_virtual_registry",
  "write_virtual_registry",
  "sudo",
  "admin_mode",
  "create_runner",
  "manage_runner",
  "ai_features",
  "k8s_proxy",
  "self_rotate",
  "read_service_ping",
  "granular",
  "mcp",
] as const;

/** Those that nobody can give a token over SSH. */
const notOverSsh = new Set<string>(["sudo", "admin_mode", "read_virtual_registry", "write_virtual_registry", "read_service_ping"]);

/** The scopes of tokens that are made over SSH, sorted, as the refusal of any other prints them (contract accounts 9). */
export const sshScopes: readonly string[] = scopes.filter((scope) => !notOverSsh.has(scope)).toSorted();

/** The scopes of tokens that anybody may make for themselves over HTTP (contract provisioning 6.4). */
export const ownScopes: readonly string[] = ["k8s_proxy", "self_rotate"];
