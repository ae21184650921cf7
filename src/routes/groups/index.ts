import type { Operation } from "../../http/operation.ts";
import { createGroup } from "./create.ts";
import { addGroupMember } from "./members.ts";
import { showGroup } from "./show.ts";

export const groups: readonly Operation[] = [createGroup, showGroup, addGroupMember];
