import { firstCharacters } from "../text.ts";
import type { Confidence, Severity } from "./vulnerability.ts";

/** What an agent tells of a vulnerability, and of what found it. */
export interface VulnerabilityReport {
  name: string;
  severity: Severity;
  confidence: Confidence;
  description: string | null;
  message: string | null;
  solution: string | null;
  location: Record<string, unknown>;
  /** One at least; the first is the one by which it is known again. */
  identifiers: ({ name: string } & Record<string, unknown>)[];
  links: unknown[];
  scanner: { externalId: string; name: string; vendor: string | null };
}

const titleLength = 255;

/** The title of a vulnerability: its name, cut to 255 characters (contract kas 7.2). */
export function titleOf(name: string): string {
  return firstCharacters(name, titleLength);
}
