/**
 * SHA-256 fingerprints (unpadded Base64) of public keys whose private half is published, because a product shipped with
 * it: everybody who has that product could log in as whoever registers such a key (contract accounts 11).
 */
const compromised: ReadonlySet<string> = new Set([
  "/JLp6z6uGE3BPcs70RQob6QOdEWQ6nDC0xY7ejPOCc0", // Array Networks vAPV and vxAG
  "whDP3xjKBEettbDuecxtGsfWBST+78gb6McdB9P7jCU", // Barracuda Load Balancer
  "Z+q4XhSwWY7q0BIDVPR1v/S306FjGBsid7tLq/8kIxM", // Ceragon FibeAir, CVE-2015-0936
  "uy5wXyEgbRCGsk23+J6f85om7G55Cu3UIPwC7oMZhNQ", // ExaGrid, CVE-2016-1561
  "9prMbqhS4QteoFQ1ZRJDqSBLWoHXPyKB0iWR05Ghro4", // F5 BIG-IP, CVE-2012-1493
  "MEc4HfsOlMqJ3/9QMTmrKn5Xj/yfnMITMW8EwfUfTww", // Loadbalancer.org Enterprise
  "aPoYT2nPIfhqv6BIlbCCpbDjirBxaDFOtPfZ2K20uWw", // Monroe DASDEC, CVE-2013-0137
  "VtjqZ5fiaeoZ3mXOYi49Lk9aO31iT4pahKFP9JPiQPc", // Quantum DXi V1000
  "1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA", // Vagrant's insecure default
]);

export function isCompromised(fingerprintSha256: string): boolean {
  return compromised.has(fingerprintSha256);
}
