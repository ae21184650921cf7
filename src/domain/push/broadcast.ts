export const broadcastTypes = ["banner", "notification"] as const;
export const broadcastThemes = [
  "indigo",
  "light-indigo",
  "blue",
  "light-blue",
  "green",
  "light-green",
  "red",
  "light-red",
  "dark",
  "light",
] as const;
