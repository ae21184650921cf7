import * as v from "valibot";
import type { ProjectRecord } from "../../db/project-records.ts";
import type { OwnerRow, ShareRow } from "../../db/project-extras.ts";
import type { CloneUrls } from "../../domain/access/effects.ts";
import { isFeatureOpen, type Viewer } from "../../domain/access/visibility.ts";
import { AccessLevel, effectiveAccess, type Membership } from "../../domain/identity/access-level.ts";
import { fieldsOf } from "../attributes.ts";
import { projectAttributes } from "../projects/attributes.ts";
import { NamespaceBasic, renderNamespaceBasic } from "./namespace.ts";
import { ShareEntry, renderShare } from "./share.ts";
import { UserBasic, renderUserBasic } from "./user.ts";

/** The attributes as they are stored. */
const Kept = v.object(fieldsOf(projectAttributes));

const identityFields = {
  id: v.number(),
  description: v.nullable(v.string()),
  name: v.string(),
  name_with_namespace: v.string(),
  path: v.string(),
  path_with_namespace: v.string(),
  created_at: v.string(),
};

/** How other things name their project. */
export const ProjectIdentity = v.object(identityFields);

const simpleFields = {
  ...identityFields,
  default_branch: v.string(),
  tag_list: v.array(v.string()),
  topics: v.array(v.string()),
  ssh_url_to_repo: v.string(),
  http_url_to_repo: v.string(),
  web_url: v.string(),
  readme_url: v.null(),
  forks_count: v.number(),
  avatar_url: v.null(),
  star_count: v.number(),
  last_activity_at: v.string(),
  namespace: NamespaceBasic,
};

/** What callers without a token are shown of a public project. */
export const ProjectSimple = v.object(simpleFields);

const Links = v.object({
  self: v.string(),
  issues: v.string(),
  merge_requests: v.string(),
  repo_branches: v.string(),
  labels: v.string(),
  events: v.string(),
  members: v.string(),
  cluster_agents: v.string(),
});

const Access = v.nullable(v.object({ access_level: v.number(), notification_level: v.number() }));

const projectFields = {
  ...simpleFields,
  ...Kept.entries,
  repository_storage: v.string(),
  container_registry_image_prefix: v.string(),
  _links: Links,
  empty_repo: v.boolean(),
  archived: v.boolean(),
  visibility: v.string(),
  owner: v.optional(UserBasic),
  repository_object_format: v.string(),
  issues_enabled: v.boolean(),
  merge_requests_enabled: v.boolean(),
  wiki_enabled: v.boolean(),
  jobs_enabled: v.boolean(),
  snippets_enabled: v.boolean(),
  container_registry_enabled: v.boolean(),
  service_desk_address: v.null(),
  can_create_merge_request_in: v.boolean(),
  repository_access_level: v.string(),
  merge_requests_access_level: v.string(),
  wiki_access_level: v.string(),
  snippets_access_level: v.string(),
  emails_disabled: v.boolean(),
  lfs_enabled: v.boolean(),
  creator_id: v.nullable(v.number()),
  import_url: v.null(),
  import_type: v.null(),
  import_status: v.literal("none"),
  import_error: v.null(),
  open_issues_count: v.number(),
  description_html: v.string(),
  updated_at: v.string(),
  shared_with_groups: v.array(ShareEntry),
  printing_merge_request_link_enabled: v.boolean(),
  runners_token: v.null(),
  marked_for_deletion_at: v.null(),
  marked_for_deletion_on: v.null(),
};

/** A project as it is listed with its group. */
export const Project = v.object(projectFields);

/** A project by itself, with the caller's own memberships. */
export const ProjectDetail = v.object({ ...projectFields, permissions: v.object({ project_access: Access, group_access: Access }) });

interface NamedProject extends Pick<ProjectRecord, "fullPath" | "namespaceName"> {
  project: Pick<ProjectRecord["project"], "id" | "description" | "name" | "path" | "createdAt">;
}

export function renderProjectIdentity({ project, fullPath, namespaceName }: NamedProject): v.InferOutput<typeof ProjectIdentity> {
  return {
    id: project.id,
    description: project.description,
    name: project.name,
    name_with_namespace: `${namespaceName} / ${project.name}`,
    path: project.path,
    path_with_namespace: fullPath,
    created_at: project.createdAt.toISOString(),
  };
}

export function renderProjectSimple(record: ProjectRecord, urls: CloneUrls): v.InferOutput<typeof ProjectSimple> {
  const { project, fullPath } = record;
  const { topics } = v.parse(Kept, project.attributes);
  return {
    ...renderProjectIdentity(record),
    default_branch: project.defaultBranch,
    tag_list: topics,
    topics,
    ssh_url_to_repo: `${urls.ssh}${fullPath}.git`,
    http_url_to_repo: `${urls.http}${fullPath}.git`,
    web_url: `${urls.external}/${fullPath}`,
    readme_url: null,
    forks_count: 0,
    avatar_url: null,
    star_count: 0,
    last_activity_at: (project.lastActivityAt ?? project.createdAt).toISOString(),
    namespace: renderNamespaceBasic(record.namespace, record.namespacePath, urls.external),
  };
}

/** What a project's public form needs besides its record. */
export interface ProjectView {
  shares: readonly ShareRow[];
  /** Of a project in a personal namespace. */
  owner: OwnerRow | null;
  viewer: Viewer;
}

export function renderProject(record: ProjectRecord, view: ProjectView, urls: CloneUrls): v.InferOutput<typeof Project> {
  const { project, fullPath } = record;
  const kept = v.parse(Kept, project.attributes);
  return {
    ...renderProjectSimple(record, urls),
    ...kept,
    ...renderFeatures(record, kept),
    repository_storage: project.repositoryStorage,
    container_registry_image_prefix: `registry.${new URL(urls.external).host}/${fullPath.toLowerCase()}`,
    _links: linksOf(`${urls.external}/api/v4/projects/${project.id}`),
    empty_repo: project.isRepositoryEmpty,
    archived: project.isArchived,
    visibility: project.visibility,
    ...(view.owner === null ? {} : { owner: renderUserBasic(view.owner, urls.external) }),
    repository_object_format: project.repositoryObjectFormat,
    service_desk_address: null,
    can_create_merge_request_in: view.viewer.isSignedIn && isFeatureOpen(project.mergeRequestsAccessLevel, view.viewer),
    emails_disabled: !kept.emails_enabled,
    lfs_enabled: project.isLfsEnabled,
    creator_id: project.creatorId,
    import_url: null,
    import_type: null,
    import_status: "none",
    import_error: null,
    open_issues_count: 0,
    description_html: "",
    updated_at: project.updatedAt.toISOString(),
    shared_with_groups: view.shares.map((share) => renderShare(share)),
    printing_merge_request_link_enabled: project.printsMergeRequestLink,
    runners_token: null,
    marked_for_deletion_at: null,
    marked_for_deletion_on: null,
  };
}

export function renderProjectDetail(
  record: ProjectRecord,
  view: ProjectView & { memberships: readonly Membership[]; today: string },
  urls: CloneUrls,
): v.InferOutput<typeof ProjectDetail> {
  const accessBy = (source: Membership["source"]) => highestLevel(view.memberships, source, view.today);
  return {
    ...renderProject(record, view, urls),
    permissions: { project_access: accessBy("project"), group_access: accessBy("namespace") },
  };
}

/** The levels that rules read have columns of their own; the older switches say whether a level is not `disabled`. */
function renderFeatures({ project }: ProjectRecord, kept: v.InferOutput<typeof Kept>) {
  return {
    repository_access_level: project.repositoryAccessLevel,
    merge_requests_access_level: project.mergeRequestsAccessLevel,
    wiki_access_level: project.wikiAccessLevel,
    snippets_access_level: project.snippetsAccessLevel,
    issues_enabled: kept.issues_access_level !== "disabled",
    merge_requests_enabled: project.mergeRequestsAccessLevel !== "disabled",
    wiki_enabled: project.wikiAccessLevel !== "disabled",
    jobs_enabled: kept.builds_access_level !== "disabled",
    snippets_enabled: project.snippetsAccessLevel !== "disabled",
    container_registry_enabled: kept.container_registry_access_level !== "disabled",
  };
}

function linksOf(self: string): v.InferOutput<typeof Links> {
  return {
    self,
    issues: `${self}/issues`,
    merge_requests: `${self}/merge_requests`,
    repo_branches: `${self}/repository/branches`,
    labels: `${self}/labels`,
    events: `${self}/events`,
    members: `${self}/members`,
    cluster_agents: `${self}/cluster_agents`,
  };
}

/** The highest level among memberships of one kind; null where none counts today. */
function highestLevel(memberships: readonly Membership[], source: Membership["source"], today: string): v.InferOutput<typeof Access> {
  const { level } = effectiveAccess(
    memberships.filter((membership) => membership.source === source),
    today,
  );
  return level === AccessLevel.none ? null : { access_level: level, notification_level: 3 };
}
