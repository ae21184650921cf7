/** ISO 8601: a day, or a day and a time with or without a zone; a space may stand for the `T`, and a name for Z. */
const form = /^(?<day>\d{4}-\d\d-\d\d)(?:[T ](?<time>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(?<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** Longer than any spelling of a point in time: nothing of a megabyte is looked at. */
const longest = 64;

const earliest = Date.UTC(1970, 0, 1);
const latest = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** When an alert began (contract kas 6.2): UTC where no zone is named; null where the text is no time, or none of 1970 to 9999. */
export function parseStartTime(value: unknown): Date | null {
  if (typeof value !== "string" || value.length > longest) return null;
  const groups = form.exec(value.trim())?.groups;
  if (groups === undefined) return null;
  const { day = "", time = "00:00", zone = "Z" } = groups;
  const milliseconds = Date.parse(`${day}T${time}${offsetOf(zone)}`);
  const isTime = milliseconds >= earliest && milliseconds <= latest && isDay(day);
  return isTime ? new Date(milliseconds) : null;
}

/** `+02`, `+0200` and `+02:00` as the last of them; a name as Z. */
function offsetOf(zone: string): string {
  const [, hours, minutes = "00"] = /^([+-]\d\d):?(\d\d)?$/.exec(zone) ?? [];
  return hours === undefined ? "Z" : `${hours}:${minutes}`;
}

/** 31 February would be read as 3 March. */
function isDay(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}
