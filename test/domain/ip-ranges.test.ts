import { expect, it } from "vitest";
import { isInRanges, parseIpRanges } from "../../src/domain/identity/ip-ranges.ts";

it.each([
  ["10.1.2.3", "10.0.0.0/8", true],
  ["11.1.2.3", "10.0.0.0/8", false],
  ["11.1.2.3", "10.0.0.0/8, 11.1.2.3", true],
  ["10.0.0.0", "10.0.0.0/32", true],
  ["10.0.0.1", "10.0.0.0/32", false],
  ["203.0.113.9", "0.0.0.0/0", true],
  ["2001:db8::1", "2001:db8::/32", true],
  ["2001:0db8:85a3:0000:0000:8a2e:0370:7334", "2001:db8::/32", true],
  ["2001:db9::1", "2001:db8::/32", false],
  ["::ffff:10.1.2.3", "10.0.0.0/8", true],
  ["::ffff:11.1.2.3", "10.0.0.0/8", false],
  ["::ffff:a01:203", "10.0.0.0/8", true],
  ["::FFFF:A01:203", "10.0.0.0/8", true],
  ["::ffff:b01:203", "10.0.0.0/8", false],
  ["0:0:0:0:0:ffff:10.1.2.3", "10.0.0.0/8", true],
  ["10.1.2.3", "::ffff:10.0.0.0/104", true],
  ["11.1.2.3", "::ffff:10.0.0.0/104", false],
  ["::ffff:0:127.0.0.1", "127.0.0.0/8", false],
  ["::ffff:0:7f00:1", "::ffff:0:0:0/96", true],
  ["::ffff:1:2:3:4", "::ffff:1:2:0:0/96", true],
  ["::1", "::/127", true],
  ["::2", "::/127", false],
  ["1::", "1::/16", true],
  ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:0/124", true],
  ["1:2:3:4:5:6:7:18", "1:2:3:4:5:6:7:0/124", false],
  ["fe80::1%eth0", "fe80::/10", true],
  ["fe80::1%eth0", "10.0.0.0/8", false],
  ["10.1.2.3", "::/0", false],
  ["[127.0", "0.0.0.0/0,::/0", false],
  ["", "0.0.0.0/0", false],
  ["10.1.2.3:80", "10.0.0.0/8", false],
  ["10.1.2.3", "nonsense", false],
  ["10.1.2.3", "", false],
])("%s in %s: %s", (address, ranges, expected) => {
  expect(isInRanges(address, ranges)).toBe(expected);
});

it.each([
  ["10.0.0.0/8, 2001:db8::/32", "10.0.0.0/8,2001:db8::/32"],
  ["", null],
  [" , ", null],
])("reads %j", (text, ranges) => {
  expect(parseIpRanges(text)).toEqual({ ranges });
});

it.each(["10.0.0.0/33", "::/129", "10.0.0.0/8/8", "10.0.0.0/", "10.0.0.0/-1", "host.example.test", "10.0.0/8", "10.0.0.0/8;11.0.0.0/8"])(
  "refuses %j",
  (text) => {
    expect(parseIpRanges(text)).toBe("invalid");
  },
);
