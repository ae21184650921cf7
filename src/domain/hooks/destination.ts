import { isInRanges } from "../identity/ip-ranges.ts";

/** Where a request of ours may go, and where not, with the reason for the delivery log. It holds nothing of the address. */
export type Destination = { allowed: true; url: URL } | { allowed: false; reason: string };

/** Characters of an address once URL variables are filled in. */
const longestAddress = 8192;

const notLegal = { allowed: false, reason: "The URL is not a legal http or https address" } as const;
const notAllowed = { allowed: false, reason: "Requests to the local network are not allowed" } as const;

/**
 * Whether a request that somebody else chose the address of may be made (contract push 8.5): not to this machine, the local
 * network or a cloud's metadata, unless `allowLocal`. What a name stands for is not looked up: names are resolved by the
 * network the request leaves from, Cloudflare's, which leads to no private address.
 *
 * The attack is a spelling that this function and `fetch` read differently. Both use the same parser, so `0x7f.1`,
 * `127.1`, full-width digits and `user@host` have become one canonical host before anything is judged; what the parser would
 * silently mend (blanks, line breaks, backslashes, missing slashes) is refused.
 */
export function judgeDestination(address: string, allowLocal: boolean): Destination {
  const url = parseAddress(address);
  if (url === null) return notLegal;
  const host = url.hostname.toLowerCase();
  const isLocal = host.startsWith("[") || isIPv4(host) ? isLocalAddress(host.replace(/^\[|\]$/g, "")) : isLocalName(host);
  return isLocal && !allowLocal ? notAllowed : { allowed: true, url };
}

function parseAddress(address: string): URL | null {
  if (address.length > longestAddress || !/^https?:\/\/[^/?#]/i.test(address) || mended.test(address) || !address.isWellFormed())
    return null;
  const url = URL.parse(address);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return null;
  return url.hostname.startsWith("[") || isIPv4(url.hostname) || isName(url.hostname) ? url : null;
}

/** Blanks and control characters of any script, invisible ones too, and backslashes. */
const mended = /[\s\p{C}\\]/u;

/** As the URL parser writes every IPv4 address, whichever way it was spelled. */
function isIPv4(host: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host);
}

/** Labels of letters, digits, `-` and `_`; a dot may end the name. */
function isName(host: string): boolean {
  const labels = host.replace(/\.$/, "").split(".");
  return host.length <= 254 && labels.every((label) => /^[a-z0-9_-]{1,63}$/i.test(label));
}

const localDomains = ["localhost", "local", "internal", "localdomain", "home.arpa"];

function isLocalName(host: string): boolean {
  const name = host.replace(/\.$/, "");
  return localDomains.some((domain) => name === domain || name.endsWith(`.${domain}`));
}

function isLocalAddress(address: string): boolean {
  return isInRanges(address, localRanges) || isInRanges(tunnelled(address) ?? "", localRanges);
}

/** The IPv4 address to which 6to4 (2002::/16) carries a request; null for any other address. */
function tunnelled(address: string): string | null {
  const words = /^2002:([0-9a-f]{0,4}):([0-9a-f]{0,4})(?::|$)/.exec(address);
  if (words === null) return null;
  const [high, low] = [Number.parseInt(words[1] || "0", 16), Number.parseInt(words[2] || "0", 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** IANA's special-purpose addresses that are not everybody's, and what clouds keep for themselves. IPv4-mapped IPv6 counts as IPv4. */
const localRanges = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  // Shared by carriers; 100.100.100.200 is a cloud's metadata.
  "100.64.0.0/10",
  "127.0.0.0/8",
  // Link-local; 169.254.169.254 is most clouds' metadata.
  "169.254.0.0/16",
  // A cloud's own, though not of a special range.
  "168.63.129.16/32",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  // Multicast, and everything above it up to the broadcast address.
  "224.0.0.0/4",
  "240.0.0.0/4",
  // Unspecified, loopback and IPv4-compatible.
  "::/96",
  // IPv4-translated, and the prefixes of NAT64, behind which any IPv4 address may lie.
  "::ffff:0:0:0/96",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/23",
  "2001:db8::/32",
  "3fff::/20",
  "5f00::/16",
  // Unique local; fd00:ec2::254 is a cloud's metadata.
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
].join(",");
