type Fields = Record<string, unknown>;

/** JSON lines, which the platform indexes. Events are `component:event-in-kebab-case`, fields snake_case. */
export const log = {
  info: (event: string, fields: Fields = {}) => console.log(JSON.stringify({ level: "info", event, ...fields })),
  warn: (event: string, fields: Fields = {}) => console.warn(JSON.stringify({ level: "warn", event, ...fields })),
  error: (event: string, fields: Fields = {}) => console.error(JSON.stringify({ level: "error", event, ...fields })),
};
