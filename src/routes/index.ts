import type { Operation } from "../http/operation.ts";
import { groups } from "./groups/index.ts";
import { internal } from "./internal/index.ts";
import { projects } from "./projects/index.ts";
import { showMetadata, showVersion } from "./metadata.ts";
import { users } from "./users/index.ts";

/** Everything that is mounted under /api/v4. */
export const operations: readonly Operation[] = [...internal, showVersion, showMetadata, ...users, ...groups, ...projects];
