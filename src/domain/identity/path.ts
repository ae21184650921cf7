/**
 * A segment of a path, and a user name: letters, digits, `_`, `-`, `.`; begins with a letter, digit or `_` (`.` too),
 * ends neither in `.` nor in `.git` or `.atom`; at most 255 characters (contract provisioning 5.2, 7.1).
 */
export function isLegalSegment(segment: string): boolean {
  return /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}$/.test(segment) && !/(\.|\.git|\.atom)$/i.test(segment);
}

/** Levels of groups, the top level among them. */
export const deepestGroup = 20;

/** No full path is longer: groups as deep as they go and a project, of 255 characters each, and the slashes between them. */
export const longestFullPath = (deepestGroup + 1) * 256 - 1;

/** First segments that belong to the instance itself, so that no group, user or project is found there. */
const reservedTopLevel = new Set([
  "-",
  ".well-known",
  "404.html",
  "422.html",
  "500.html",
  "502.html",
  "503.html",
  "admin",
  "api",
  "apple-touch-icon.png",
  "assets",
  "dashboard",
  "deploy.html",
  "explore",
  "favicon.ico",
  "favicon.png",
  "files",
  "groups",
  "health_check",
  "help",
  "import",
  "jwt",
  "login",
  "oauth",
  "profile",
  "projects",
  "public",
  "robots.txt",
  "s",
  "search",
  "sitemap",
  "sitemap.xml",
  "sitemap.xml.gz",
  "slash-command-logo.png",
  "snippets",
  "unsubscribes",
  "uploads",
  "users",
  "v2",
]);

export function isReservedTopLevel(segment: string): boolean {
  return reservedTopLevel.has(segment.toLowerCase());
}

/** Names below a project that belong to its pages, so that no project may be called so. */
const reservedProjectPaths = new Set([
  "-",
  "badges",
  "blame",
  "blob",
  "builds",
  "commits",
  "create",
  "create_dir",
  "edit",
  "files",
  "find_file",
  "new",
  "preview",
  "raw",
  "refs",
  "tree",
  "update",
  "wikis",
]);

export function isReservedProjectPath(segment: string): boolean {
  return reservedProjectPaths.has(segment.toLowerCase());
}

/**
 * The namespace part of a project's full path (`group/sub` of `group/sub/project`), or null where there is no valid
 * one: a single segment, a reserved first segment, a segment that is not a legal path.
 */
export function namespaceOf(fullPath: string): string | null {
  const segments = fullPath.split("/");
  const parents = segments.slice(0, -1);
  const [first] = parents;
  if (first === undefined || isReservedTopLevel(first) || !parents.every(isLegalSegment)) return null;
  return parents.join("/");
}

/** `My App!` → `my-app`: the path of a project whose name alone was given. A longer name than any may be is read in part. */
export function pathFromName(name: string): string {
  return name
    .slice(0, 255)
    .normalize("NFKD")
    .replace(/[\u0300-\u036F]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9_.-]+/g, "-")
    .replace(/^[-.]+|(\.(git|atom)|[-.])+$/g, "");
}
