/**
 * The path that routes are matched against: as sent, still percent-encoded (a `%2F` belongs to its segment and is
 * decoded once, when a parameter is read), with doubled leading slashes made one (Gitaly's base may end in a slash)
 * and without one trailing slash. Never a redirect: gitlab-shell refuses those.
 */
export function routedPath(request: Request): string {
  const { pathname } = new URL(request.url);
  const path = pathname.replace(/^\/{2,}/, "/");
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
