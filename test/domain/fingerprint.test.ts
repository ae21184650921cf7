import { expect, it } from "vitest";
import { parseFingerprint } from "../../src/domain/identity/fingerprint.ts";

const sha256 = "91IJ8uCHJP+nCToSGWw2+V13RQ4nYw3aPoIRZ9lEW+0";
const md5 = "6e:ce:68:94:38:98:46:61:3d:af:e0:57:60:6a:b5:ca";

it.each([
  [`SHA256:${sha256}`, { sha256 }],
  [`sha256:${sha256}`, { sha256 }],
  [`SHA256:${sha256}=`, { sha256 }],
  [`SHA256:${sha256.replaceAll("+", " ")}`, { sha256 }],
  [`SHA256:${"a".repeat(42)} `, { sha256: `${"a".repeat(42)}+` }],
  [md5, { md5 }],
  [`MD5:${md5}`, { md5 }],
  [`md5:${md5.toUpperCase()}`, { md5 }],
  [` ${md5}\n`, { md5 }],
])("%j is a fingerprint", (text, fingerprint) => {
  expect(parseFingerprint(text)).toEqual(fingerprint);
});

it.each([
  "",
  " ",
  sha256,
  "SHA256:",
  `SHA256:${sha256}==`,
  `SHA256:${sha256.slice(1)}`,
  `SHA256:${sha256.slice(1)}-`,
  `SHA256:${md5}`,
  `MD5:${sha256}`,
  `${md5}:00`,
  md5.slice(3),
  md5.replaceAll(":", ""),
  md5.replace("6e", "6g"),
  `${md5}\n${md5}`,
  "x".repeat(100_000),
])("%j is none", (text) => {
  expect(parseFingerprint(text)).toBeNull();
});
