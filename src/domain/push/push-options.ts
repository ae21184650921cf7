/** How often each value of an option that may be given several times was given. */
export type ValueCounts = Record<string, number>;

/** Push options as they were understood (contract push 4): namespace → key → `true`, a text, or counted values. */
export type PushOptions = Record<string, Record<string, true | string | ValueCounts>>;
