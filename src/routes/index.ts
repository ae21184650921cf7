import type { Operation } from "../http/operation.ts";
import { internal } from "./internal/index.ts";

/** Everything that is mounted under /api/v4. */
export const operations: readonly Operation[] = [...internal];
