/** Which protocol Git may use in the projects of a top-level group. */
export const gitProtocolSettings = ["all", "ssh", "http"] as const;
export type GitProtocolSetting = (typeof gitProtocolSettings)[number];

/** Who may create projects in a group: nobody, owners, maintainers, developers, or administrators only. */
export const projectCreationLevels = ["noone", "owner", "maintainer", "developer", "administrator"] as const;
export type ProjectCreationLevel = (typeof projectCreationLevels)[number];

export const subgroupCreationLevels = ["owner", "maintainer"] as const;
export type SubgroupCreationLevel = (typeof subgroupCreationLevels)[number];
