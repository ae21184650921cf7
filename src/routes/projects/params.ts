import * as v from "valibot";
import { featureLevels, visibilities, type FeatureLevel } from "../../domain/identity/visibility.ts";
import { boolean, notInList, oneOf, optional, text } from "../../http/fields.ts";
import { parametersOf, takeAttributes } from "../attributes.ts";
import { legacySwitches, projectAttributes } from "./attributes.ts";

const blanks = new Set<unknown>([null, "", false, "false", 0, "0"]);

/** Imports and templates are not offered: such a parameter may only be blank. */
const notOffered = () =>
  v.optional(
    v.pipe(
      v.unknown(),
      v.check((value) => blanks.has(value), notInList),
    ),
  );

const columnLevels = {
  repository_access_level: optional(oneOf(featureLevels)),
  wiki_access_level: optional(oneOf(featureLevels)),
  snippets_access_level: optional(oneOf(featureLevels)),
  merge_requests_access_level: optional(oneOf(featureLevels)),
};

const switches = {
  issues_enabled: optional(boolean()),
  merge_requests_enabled: optional(boolean()),
  wiki_enabled: optional(boolean()),
  jobs_enabled: optional(boolean()),
  snippets_enabled: optional(boolean()),
  container_registry_enabled: optional(boolean()),
} satisfies Record<(typeof legacySwitches)[number][0], unknown>;

/** What a project may be given, when it is created and later (contract provisioning 9.2). */
export const projectFields = {
  name: optional(text()),
  path: optional(text()),
  description: optional(text()),
  visibility: optional(oneOf(visibilities)),
  default_branch: optional(text()),
  lfs_enabled: optional(boolean()),
  printing_merge_request_link_enabled: optional(boolean()),
  repository_storage: optional(text()),
  emails_disabled: optional(boolean()),
  public_builds: optional(boolean()),
  tag_list: optional(projectAttributes.topics.parameter),
  ...columnLevels,
  ...switches,
  ...parametersOf(projectAttributes),
  import_url: notOffered(),
  template_name: notOffered(),
  template_project_id: notOffered(),
  use_custom_template: notOffered(),
  group_with_project_templates_id: notOffered(),
};

const ProjectParams = v.object(projectFields);
export type ProjectParams = v.InferOutput<typeof ProjectParams>;

type Levels = Partial<Record<(typeof legacySwitches)[number][1], FeatureLevel | undefined>>;

/** The columns of a project that its parameters set, and the attributes; what is not given is undefined. */
export function projectColumns(params: ProjectParams, current: Record<string, unknown>) {
  const levels = levelsOf(params, current);
  return {
    description: params.description,
    isLfsEnabled: params.lfs_enabled,
    printsMergeRequestLink: params.printing_merge_request_link_enabled,
    repositoryAccessLevel: params.repository_access_level,
    wikiAccessLevel: levels.wiki_access_level,
    snippetsAccessLevel: levels.snippets_access_level,
    mergeRequestsAccessLevel: levels.merge_requests_access_level,
    attributes: attributesOf(params, levels),
  };
}

/** Parameters that say the same in two ways: the one of today wins where both are given. */
function attributesOf(params: ProjectParams, levels: Levels): Record<string, unknown> {
  const given = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));
  return takeAttributes(projectAttributes, {
    emails_enabled: params.emails_disabled === undefined ? undefined : !params.emails_disabled,
    public_jobs: params.public_builds,
    topics: params.tag_list,
    ...levels,
    ...given,
  });
}

/**
 * The levels of the features that an older parameter can switch: off is `disabled`; on leaves a level that is not
 * `disabled` as it is. `current`: the levels as they are, by their names on the wire.
 */
function levelsOf(params: ProjectParams, current: Record<string, unknown>): Levels {
  const levels: Levels = {};
  for (const [name, level] of legacySwitches) {
    const isOn = params[name];
    const isChanged = isOn !== undefined && isOn === (current[level] === "disabled");
    levels[level] = params[level] ?? (isChanged ? (isOn ? "enabled" : "disabled") : undefined);
  }
  return levels;
}
