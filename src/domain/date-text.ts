/**
 * The forms in which a date may be written: all there are. Each gives year, month and day; what stands around them, a
 * weekday or a time of day with its offset, changes nothing of the date that is written.
 */

const names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const month = String.raw`(?<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)`;
const weekday = "(?:(?:mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?),? )?";
const time = String.raw`(?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:[.,]\d{1,9})?)?`;
const offset = String.raw`(?: ?(?:z|utc|gmt|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?))?`;

const forms = [
  String.raw`(?<y>\d{4})-(?<m>\d\d)-(?<d>\d\d)(?:[t ]${time}${offset})?`,
  String.raw`${weekday}(?<d>\d{1,2}) ${month} (?<y>\d{4})`,
  String.raw`${month} (?<d>\d{1,2}), (?<y>\d{4})`,
  String.raw`(?<d>\d\d)/(?<m>\d\d)/(?<y>\d{4})`,
  String.raw`(?<y>\d{4})/(?<m>\d\d)/(?<d>\d\d)`,
  String.raw`(?<y>\d{4})(?<m>\d\d)(?<d>\d\d)`,
].map((form) => new RegExp(`^${form}$`, "i"));

/** Longer than any of the forms: nothing of a megabyte is looked at. */
const longest = 64;

/**
 * The day that a text names, as `YYYY-MM-DD`; null where it is in none of the forms, or the calendar has no such day.
 * Years are 0001 to 9999, and one pair of quotation marks around the whole is dropped (contract customers 7).
 */
export function parseDateText(text: string): string | null {
  if (text.length > longest) return null;
  const bare = /^"(.*)"$/.exec(text)?.[1] ?? text;
  for (const form of forms) {
    const groups = form.exec(bare)?.groups;
    if (groups !== undefined) return existing(groups);
  }
  return null;
}

function existing({ y = "", m, d = "", name = "" }: Record<string, string>): string | null {
  const number = m ?? String(names.indexOf(name.slice(0, 3).toLowerCase()) + 1).padStart(2, "0");
  const day = `${y}-${number}-${d.padStart(2, "0")}`;
  const date = new Date(`${day}T00:00:00Z`);
  // 30 February would be read as 2 March.
  return y !== "0000" && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day) ? day : null;
}
