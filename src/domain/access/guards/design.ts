import { canManageDesigns } from "../abilities.ts";
import type { Guard } from "../guard.ts";
import { refusals } from "../refusal.ts";
import type { Situation } from "../situation.ts";

/** Contract git-access 14.3. */
export const webOnly: Guard<Situation> = {
  code: "design_web_only",
  judge: ({ request }) => (request.protocol === "web" ? null : refusals.design_web_only),
};

export const designManagement: Guard<Situation> = {
  code: "design_manage",
  judge({ facts, subject }) {
    const project = facts.target?.project ?? null;
    return project !== null && canManageDesigns(project, subject) ? null : refusals.design_manage;
  },
  facts: ({ subject }) => ({ access_level: subject.viewer.level, is_admin: subject.viewer.isAdmin }),
};
