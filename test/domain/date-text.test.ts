import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDateText } from "../../src/domain/date-text.ts";

const months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/** How many days a month has, by the rule that everybody learns. */
function daysIn(year: number, month: number): number {
  if (month === 2) return year % 400 === 0 || (year % 4 === 0 && year % 100 !== 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const two = (number: number) => String(number).padStart(2, "0");
const four = (number: number) => String(number).padStart(4, "0");

/** A date, of the calendar or not, in every form, with what may vary in it drawn. */
const dates = fc.record({
  year: fc.integer({ min: 0, max: 9999 }),
  month: fc.integer({ min: 1, max: 12 }),
  day: fc.integer({ min: 0, max: 32 }),
});
const time = fc
  .record({ h: fc.integer({ min: 0, max: 23 }), m: fc.integer({ min: 0, max: 59 }), s: fc.integer({ min: 0, max: 59 }) })
  .chain(({ h, m, s }) => fc.constantFrom(`${two(h)}:${two(m)}`, `${two(h)}:${two(m)}:${two(s)}`, `${two(h)}:${two(m)}:${two(s)}.123`));
const offset = fc.constantFrom("", "Z", "z", " UTC", "GMT", "-08:00", "+14:00", "+0530", " -11");
const weekday = fc.constantFrom("", "Sun, ", "sunday ", "WED, ");
const letters = fc.constantFrom(
  (text: string) => text,
  (text: string) => text.toLowerCase(),
  (text: string) => text.toUpperCase(),
);

describe("customers 7: dates", () => {
  it("every form of every date gives it, where the calendar has it, and nothing otherwise", () => {
    fc.assert(
      fc.property(dates, time, offset, weekday, letters, fc.boolean(), fc.boolean(), (date, at, zone, week, cased, isShort, isQuoted) => {
        const { year, month, day } = date;
        const [y, m, d] = [four(year), two(month), two(day)];
        const name = cased(isShort ? months[month - 1]!.slice(0, 3) : months[month - 1]!);
        const forms = [
          `${y}-${m}-${d}`,
          `${y}-${m}-${d}T${at}${zone}`,
          `${y}-${m}-${d} ${at}${zone}`,
          `${week}${day} ${name} ${y}`,
          `${week}${d} ${name} ${y}`,
          `${name} ${day}, ${y}`,
          `${d}/${m}/${y}`,
          `${y}/${m}/${d}`,
          `${y}${m}${d}`,
        ];
        const expected = year > 0 && day > 0 && day <= daysIn(year, month) ? `${y}-${m}-${d}` : null;
        for (const form of forms) {
          const text = isQuoted ? `"${form}"` : form;
          expect([text, parseDateText(text)]).toEqual([text, expected]);
        }
      }),
    );
  });

  it.each(months.map((name, index) => [name, `2021-${two(index + 1)}-13`]))("%s has its name, and three letters of it", (name, day) => {
    for (const each of [name, name.slice(0, 3)]) {
      expect(parseDateText(`13 ${each} 2021`)).toBe(day);
      expect(parseDateText(`${each} 13, 2021`)).toBe(day);
    }
    for (const none of [`${name}s`, name.slice(0, 2), `${name.slice(0, 3)}.`]) expect(parseDateText(`13 ${none} 2021`)).toBeNull();
  });

  it.each(weekdays)("%s may stand before it, be it that day or not; so may three letters of it, and a comma", (name) => {
    for (const each of [name, `${name},`, name.slice(0, 3), `${name.slice(0, 3)},`]) {
      expect(parseDateText(`${each} 13 Jun 2021`)).toBe("2021-06-13");
    }
    for (const none of [`${name}s `, `${name.slice(0, 2)} `, name, `${name},`, `${name}  `, `${name} ${name} `]) {
      expect([none, parseDateText(`${none}13 Jun 2021`)]).toEqual([none, null]);
    }
  });

  it.each([
    "T00:00",
    "T23:59",
    "T23:59:60",
    "T12:00:00.1",
    "T12:00:00,123",
    "T12:00:00.123456789",
    " 12:00:00Z",
    " 12:00:00 gmt",
    " 12:00 +00",
    " 12:00 -23:59",
    " 12:00+2359",
    "t12:00:00.123456789 +23:59",
  ])("a time of day may stand behind it: %j", (suffix) => {
    expect(parseDateText(`2021-06-13${suffix}`)).toBe("2021-06-13");
    expect(parseDateText(`"2021-06-13${suffix}"`)).toBe("2021-06-13");
    expect(parseDateText(`13/06/2021${suffix}`)).toBeNull();
  });

  it.each([
    "T1:00",
    "T12",
    "T12:0",
    "T12:00:61",
    "T12:00:0",
    "T12:00.5",
    "T12:00:00.",
    "T12:00:00.1234567890",
    "T12:00:00;1",
    "  12:00",
    " 12:00  UTC",
    " 12:00 +24:00",
    " 12:00 +30:00",
    " 12:00 +12:60",
    " 12:00 +1",
    " 12:00 +12:",
    " 12:00 +12:0",
    " 12:00 12:00",
    " 12:00 ZZ",
    "Z",
    " UTC",
    "+02:00",
  ])("what is no time of day may not: %j", (suffix) => {
    expect(parseDateText(`2021-06-13${suffix}`)).toBeNull();
  });

  it("no text at all gives anything but a day of the calendar, or fails", () => {
    const piece = fc.constantFrom("2021", "06", "13", "1", "-", "/", " ", ",", ":", "T", "Z", "+", '"', "Jun", "may", "Sun", "\u0000", "٣");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(piece, { maxLength: 12 }).map((all) => all.join("")),
        ),
        (text) => {
          const day = parseDateText(text);
          if (day === null) return;
          const [year, month, date] = day.split("-").map(Number) as [number, number, number];
          expect(day).toMatch(/^\d{4}-\d\d-\d\d$/);
          expect(year >= 1 && month >= 1 && month <= 12 && date >= 1 && date <= daysIn(year, month)).toBe(true);
        },
      ),
    );
  });

  it.each([
    ["2021-06-13", "2021-06-13"],
    ["2021-06-13T23:30:00-08:00", "2021-06-13"],
    ["2021-06-13 23:30:00 UTC", "2021-06-13"],
    ["2021-06-13T23:59:60Z", "2021-06-13"],
    ["13 Jun 2021", "2021-06-13"],
    ["6 june 2021", "2021-06-06"],
    ["Sun, 13 Jun 2021", "2021-06-13"],
    ["Jun 13, 2021", "2021-06-13"],
    ["02/01/2018", "2018-01-02"],
    ["2018/01/02", "2018-01-02"],
    ["20210613", "2021-06-13"],
    ['"2020-07-15"', "2020-07-15"],
    ["0001-01-01", "0001-01-01"],
    ["9001-11-17", "9001-11-17"],
    ["9999-12-31", "9999-12-31"],
    ["2000-02-29", "2000-02-29"],
  ])("%s is %s", (text, day) => {
    expect(parseDateText(text)).toBe(day);
  });

  it.each([
    "2021-02-30",
    "31 Jun 2021",
    "1900-02-29",
    "0000-01-01",
    "13.06.2021",
    "next year",
    "1623585600",
    "",
    " ",
    '"',
    '""',
    '""2020-07-15""',
    '"2020-07-15',
    '2020-07-15"',
    '"2020-07-15x',
    'x2020-07-15"',
    "'2020-07-15'",
    " 2020-07-15",
    "2020-07-15\n",
    "2020-7-15",
    "20-07-15",
    "+2020-07-15",
    "-2020-07-15",
    "12020-07-15",
    "2021-06-13T",
    "2021-06-13T24:00:00",
    "2021-06-13T23:60",
    "2021-06-13T23:30:00 CEST",
    "2021-06-13T23:30:00Z extra",
    "2021-W24-7",
    "2021-164",
    "13 Jun 21",
    "013 Jun 2021",
    "131 Jun 2021",
    "Jun 013, 2021",
    "Sept 13, 2021",
    "Juny 13, 2021",
    "13  Jun  2021",
    "13 Juni 2021",
    "Jun 13 2021",
    "Sun, Jun 13, 2021",
    "1/2/2018",
    "2018/1/2",
    "20210631",
    "２０２１-06-13",
    "today",
  ])("%j is no date", (text) => {
    expect(parseDateText(text)).toBeNull();
  });

  it("a megabyte is no date, at once", () => {
    for (const text of ["2", " ", "2021-06-13 ", '"'].map((piece) => piece.repeat(1_000_000))) expect(parseDateText(text)).toBeNull();
  });
});
