import type { Operation } from "../../http/operation.ts";
import { findDecisions } from "./decisions.ts";
import { explain } from "./explain.ts";

/** For whoever runs the instance; not part of GitLab's API. */
export const operator: readonly Operation[] = [explain, findDecisions];
