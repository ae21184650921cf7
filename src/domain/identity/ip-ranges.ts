import { BlockList, isIP } from "node:net";

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
  if (!ranges.every((range) => parseRange(range) !== null)) return "invalid";
  return { ranges: ranges.length === 0 ? null : ranges.join(",") };
}

/**
 * Whether an address lies in one of the comma-separated ranges (contract git-access 9.5). Text that is no address lies
 * in none, and a range that cannot be read admits nobody; an IPv4-mapped IPv6 address counts as its IPv4.
 */
export function isInRanges(address: string, ranges: string): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  const list = new BlockList();
  for (const range of split(ranges).map(parseRange)) {
    if (range !== null) list.addSubnet(range.network, range.prefix, range.family);
  }
  return list.check(address, version === 4 ? "ipv4" : "ipv6");
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
  const version = isIP(network);
  if (version === 0 || rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return null;
  const longest = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? longest : Number(bits);
  return prefix > longest ? null : { network, prefix, family: version === 4 ? "ipv4" : "ipv6" };
}
