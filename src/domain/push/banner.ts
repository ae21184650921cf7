import { compilePattern } from "../git/ref-pattern.ts";

/** A banner that may be shown at the end of a push; which ones are active is asked of the database. */
export interface Banner {
  message: string;
  /** Compared with `/<full path>`: `*` is any run of characters, letter case does not count. Blank: of no path. */
  targetPath: string;
  /** Roles on the project; none: everybody. */
  targetAccessLevels: readonly number[];
}

/** Where a push went; null where no project, or no role of the pusher on it, is known. */
export interface BannerPlace {
  fullPath: string | null;
  accessLevel: number | null;
}

/**
 * The text to show at the end of a push (contract push 3.4): of the banners for the pusher's role, the newest for the
 * project's path, else the newest for no path in particular. `candidates`: newest first.
 */
export function chooseBanner(candidates: readonly Banner[], { fullPath, accessLevel }: BannerPlace): string | null {
  const forRole = candidates.filter(
    ({ targetAccessLevels: levels }) => levels.length === 0 || (accessLevel !== null && levels.includes(accessLevel)),
  );
  const chosen = forRole.find((banner) => isForPath(banner, fullPath)) ?? forRole.find((banner) => !hasPath(banner));
  return chosen?.message ?? null;
}

function hasPath({ targetPath }: Banner): boolean {
  return targetPath.trim() !== "";
}

function isForPath(banner: Banner, fullPath: string | null): boolean {
  if (fullPath === null || !hasPath(banner)) return false;
  return compilePattern(banner.targetPath.toLowerCase())(`/${fullPath}`.toLowerCase());
}
