import * as v from "valibot";

const Levels = v.array(v.object({ access_level: v.number() }));

/** How default branches of new projects are protected, as groups and the instance show it. */
export const BranchProtection = v.object({
  allowed_to_push: Levels,
  allow_force_push: v.boolean(),
  allowed_to_merge: Levels,
  developer_can_initial_push: v.boolean(),
});
