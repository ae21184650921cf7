import * as v from "valibot";
import type { LabelReference } from "../db/labels.ts";
import { parseRowId } from "../domain/identity/row-id.ts";
import { atLeastOneOf, exactlyOneOf, filledText, integer, optional, text } from "../http/fields.ts";

/** Parameters that say which label of which place is meant. */
interface Named {
  id: string;
  label: LabelReference;
}

interface Changed extends Named {
  new_name?: string | undefined;
  color?: string | undefined;
  description?: string | undefined;
}

/** A way to call for one label of a place. */
export interface LabelForm {
  /** Below the place. */
  path: "/labels/:label_id" | "/labels";
  /** What its summary says besides. */
  remark: string;
  /** Parameters of a removal, and of a change. */
  named: v.GenericSchema<unknown, Named>;
  changed: v.GenericSchema<unknown, Changed>;
}

const changes = { new_name: optional(filledText()), color: optional(filledText()), description: optional(text()) };
/** A priority is taken and kept nowhere, so that it alone is no change. */
const changeFields = { ...changes, priority: optional(v.union([v.literal(""), integer()])) };
const changeNames = Object.keys(changes);

const segments = { id: text(), label_id: text() };

/** By its id or name in the path. */
export const labelInPath: LabelForm = {
  path: "/labels/:label_id",
  remark: "",
  named: v.pipe(
    v.object(segments),
    v.transform((params) => ({ ...params, label: labelOfSegment(params.label_id) })),
  ),
  changed: v.pipe(
    v.object({ ...segments, ...changeFields }),
    atLeastOneOf(changeNames),
    v.transform((params) => ({ ...params, label: labelOfSegment(params.label_id) })),
  ),
};

const naming = { id: text(), label_id: optional(integer()), name: optional(text()) };

/** By the parameter `label_id` or `name`, as python-gitlab does. Digits as a name are a name. */
export const labelInParams: LabelForm = {
  path: "/labels",
  remark: ", named by a parameter",
  named: v.pipe(
    v.object(naming),
    exactlyOneOf(["label_id", "name"]),
    v.transform((params) => ({ ...params, label: labelOfParams(params) })),
  ),
  changed: v.pipe(
    v.object({ ...naming, ...changeFields }),
    atLeastOneOf(changeNames),
    exactlyOneOf(["label_id", "name"]),
    v.transform((params) => ({ ...params, label: labelOfParams(params) })),
  ),
};

/** Digits in a path are an id or a name. */
export function labelOfSegment(segment: string): LabelReference {
  return { id: parseRowId(segment), name: segment };
}

function labelOfParams(params: { label_id?: number | undefined; name?: string | undefined }): LabelReference {
  return { id: params.label_id ?? null, name: params.name ?? null };
}
