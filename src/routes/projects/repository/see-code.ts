import type { UserCaller } from "../../../auth/personal-access-token.ts";
import type { RefPlace } from "../../../db/ref-list.ts";
import { canDownload } from "../../../domain/access/abilities.ts";
import { forbidden } from "../../../domain/fault.ts";
import { text } from "../../../http/fields.ts";
import type { AppContext } from "../../../http/context.ts";
import { seeProject, type SeenProject } from "../../places.ts";

/** A project whose code the caller may read, and where its refs are read from. */
export interface SeenCode extends SeenProject {
  at: RefPlace;
}

/** 404 for a project that the caller does not see, 403 for one whose code is not for them: guests of private projects. */
export async function seeCode(c: AppContext, caller: UserCaller | null, idOrPath: string): Promise<SeenCode> {
  const seen = await seeProject(c, caller, idOrPath);
  const { project } = seen;
  if (!readsCode(seen, caller)) throw forbidden();
  return { ...seen, at: { projectId: project.id, namespaceId: project.namespaceId, actorId: caller?.user.id ?? null } };
}

/** Whether what is in the repository, names of branches among it, is for the caller. */
export function readsCode({ project, viewer }: SeenProject, caller: UserCaller | null): boolean {
  return canDownload(project, project.repositoryAccessLevel, { viewer, userId: caller?.user.id ?? null, deployKey: null });
}

/** The path of a branch or tag; a slash in its name comes as `%2F`. */
export const refAddress = { id: text(), name: text() };
