import * as v from "valibot";
import { storableText } from "../../../domain/text.ts";
import type { VulnerabilityReport } from "../../../domain/vulnerabilities/report.ts";
import { confidences, severities } from "../../../domain/vulnerabilities/vulnerability.ts";
import { filledText, jsonObject, list, notInList, optional, text } from "../../../http/fields.ts";
import { hash } from "../../../http/hash.ts";

/** One of the words in whatever letter case. */
function word<const Words extends readonly string[]>(words: Words) {
  return v.pipe(text(), v.toLowerCase(), v.picklist(words, notInList));
}

/** What a scanner is called by is kept for every vulnerability, so it is short. */
const scannerText = () => v.pipe(filledText(), v.maxLength(255));

/** What it says of the location and is not declared here is kept as well, and read where it is known (domain/vulnerabilities/finding.ts). */
const Location = jsonObject();
const Identifier = v.looseObject({ type: filledText(), name: filledText(), value: optional(text()), url: optional(text()) });
const Vendor = v.union([text(), v.pipe(jsonObject(), v.looseObject({ name: optional(text()) }))]);

/** What every version of the report has declared, of which only that is required which all of them have (contract kas 7.1). */
export const StarboardReport = hash({
  vulnerability: hash({
    name: filledText(),
    severity: word(severities),
    location: Location,
    identifiers: v.pipe(list(Identifier), v.minLength(1)),
    confidence: optional(word(confidences)),
    description: optional(text()),
    message: optional(text()),
    solution: optional(text()),
    links: optional(list(v.unknown())),
  }),
  scanner: hash({ id: scannerText(), name: scannerText(), vendor: optional(v.pipe(Vendor, v.check(isShortVendor))) }),
});

/** The report under our names, with texts that can be stored. Identifiers stay as they were sent: they make the fingerprint. */
export function parseReport({ vulnerability, scanner }: v.InferOutput<typeof StarboardReport>): VulnerabilityReport {
  const { name, confidence, description, message, solution, links, ...required } = vulnerability;
  return {
    ...required,
    name: storableText(name),
    confidence: confidence ?? "unknown",
    description: storableOrNull(description),
    message: storableOrNull(message),
    solution: storableOrNull(solution),
    links: links ?? [],
    scanner: {
      externalId: storableText(scanner.id),
      name: storableText(scanner.name),
      vendor: storableOrNull(vendorOf(scanner.vendor)),
    },
  };
}

function storableOrNull(given: string | null | undefined): string | null {
  return given === null || given === undefined ? null : storableText(given);
}

/** A text at first, and in later reports an object with a name. */
function vendorOf(vendor: v.InferOutput<typeof Vendor> | undefined): string | null {
  return (typeof vendor === "object" ? vendor.name : vendor) ?? null;
}

function isShortVendor(vendor: v.InferOutput<typeof Vendor>): boolean {
  return (vendorOf(vendor) ?? "").length <= 255;
}
