import type { Operation } from "../../http/operation.ts";
import { check } from "./check.ts";

export const internal: readonly Operation[] = [check];
