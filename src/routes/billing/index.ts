import type { Operation } from "../../http/operation.ts";

/** What the customers' portal calls, and administrators in its place (contract customers). */
export const billing: readonly Operation[] = [];
