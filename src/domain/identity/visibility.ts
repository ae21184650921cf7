/** Who may know of a project, group or snippet: its members; every signed-in user but external ones; everybody. */
export const visibilities = ["private", "internal", "public"] as const;
export type Visibility = (typeof visibilities)[number];

/** Who may use a feature of a project: nobody; its members; everybody who sees the project. */
export const featureLevels = ["disabled", "private", "enabled"] as const;
export type FeatureLevel = (typeof featureLevels)[number];

export const objectFormats = ["sha1", "sha256"] as const;
