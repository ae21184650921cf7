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
export type Scope = (typeof scopes)[number];
