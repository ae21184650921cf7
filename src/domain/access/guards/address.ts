import ipaddr from "ipaddr.js";

/**
 * Whether an address lies in one of the comma-separated ranges (contract git-access 9.5). Text that is no address lies in
 * none; an IPv4-mapped IPv6 address counts as its IPv4.
 */
export function isInRanges(address: string, ranges: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return rangesOf(ranges).some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
}

/** A range that cannot be read admits nobody. */
function rangesOf(ranges: string): [ipaddr.IPv4 | ipaddr.IPv6, number][] {
  return ranges
    .split(",")
    .map((range) => range.trim())
    .flatMap((range) => {
      if (ipaddr.isValidCIDR(range)) return [ipaddr.parseCIDR(range)];
      if (!ipaddr.isValid(range)) return [];
      const single = ipaddr.parse(range);
      return [[single, single.kind() === "ipv4" ? 32 : 128] as [ipaddr.IPv4 | ipaddr.IPv6, number]];
    });
}
