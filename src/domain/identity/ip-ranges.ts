import { isIP } from "node:net";

/** As many ranges as anybody lists; each is read anew for every request that names an address. */
const mostRanges = 100;

interface IpRange {
  network: string;
  prefix: number;
  family: "ipv4" | "ipv6";
}

/**
 * The addresses that a top-level group admits, as they are stored: comma-separated CIDRs without blanks, null for no
 * restriction (contract provisioning 7.1). `invalid` where one of them is no range of addresses.
 */
export function parseIpRanges(text: string): { ranges: string | null } | "invalid" {
  const ranges = split(text);
  if (ranges.length > mostRanges || !ranges.every((range) => parseRange(range) !== null)) return "invalid";
  return { ranges: ranges.length === 0 ? null : ranges.join(",") };
}

/**
 * Whether an address lies in one of the comma-separated ranges (contract git-access 9.5). Text that is no address lies
 * in none, and a range that cannot be read admits nobody; an IPv4-mapped IPv6 address counts as its IPv4.
 */
export function isInRanges(address: string, ranges: string): boolean {
  const canonical = canonicalAddress(address);
  if (canonical === null) return false;
  const bits = bitsOf(canonical);
  return split(ranges)
    .map(parseRange)
    .some(
      (range) => range?.family === canonical.family && bits.startsWith(bitsOf({ ...range, address: range.network }).slice(0, range.prefix)),
    );
}

/**
 * The bits of an address as text. node:net's BlockList is no help: the runtime's takes every address that begins with
 * `::ffff:` for an IPv4-mapped one, and throws where it is none.
 */
function bitsOf({ address, family }: { address: string; family: IpRange["family"] }): string {
  if (family === "ipv4") return binary(address.split("."), 10, 8);
  const [before = [], after = []] = address.split("::").map((half) => half.split(":").filter((word) => word !== ""));
  return binary([...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after], 16, 16);
}

function binary(numbers: readonly string[], base: number, width: number): string {
  return numbers.map((number) => Number.parseInt(number, base).toString(2).padStart(width, "0")).join("");
}

/** One spelling for each address, an IPv4-mapped one as its IPv4; null for text that is no address. A zone is left out. */
function canonicalAddress(text: string): { address: string; family: IpRange["family"] } | null {
  const address = text.replace(/%.*$/, "");
  const version = isIP(address);
  if (version === 4) return { address, family: "ipv4" };
  if (version === 0) return null;
  const spelled = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(spelled);
  if (mapped === null) return { address: spelled, family: "ipv6" };
  const [high, low] = [Number.parseInt(mapped[1] ?? "", 16), Number.parseInt(mapped[2] ?? "", 16)];
  return { address: [high >> 8, high & 255, low >> 8, low & 255].join("."), family: "ipv4" };
}

function split(text: string): string[] {
  return text
    .split(",")
    .map((range) => range.trim())
    .filter((range) => range !== "");
}

/** `10.0.0.0/8`, `2001:db8::/32`, or one address. */
function parseRange(text: string): IpRange | null {
  const [network = "", bits, ...rest] = text.split("/");
  const canonical = network.includes("%") ? null : canonicalAddress(network);
  if (canonical === null || rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return null;
  const longest = isIP(network) === 4 ? 32 : 128;
  // A range of mapped addresses is one of IPv4, whose prefix begins 96 bits later.
  const skipped = canonical.family === "ipv4" ? longest - 32 : 0;
  const prefix = (bits === undefined ? longest : Number(bits)) - skipped;
  return prefix < 0 || prefix > longest - skipped ? null : { network: canonical.address, prefix, family: canonical.family };
}
