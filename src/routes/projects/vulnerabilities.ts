import * as v from "valibot";
import { listVulnerabilities } from "../../db/vulnerabilities.ts";
import { AccessLevel } from "../../domain/identity/access-level.ts";
import { confidences, severities } from "../../domain/vulnerabilities/vulnerability.ts";
import { commaList, oneOf, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";
import { Finding, renderFinding, renderVulnerability, Vulnerability } from "../entities/vulnerability.ts";
import { seeProjectAs } from "../places.ts";

const tags = ["provisioning"];

/**
 * GET /projects/:id/vulnerabilities, for developers: newest first (contract provisioning 11.1). Of what agents reported at
 * great length a list shows the beginning, and where it is an object or a list an empty one; a vulnerability by itself is
 * shown whole.
 */
export const findVulnerabilities = operation({
  method: "GET",
  path: "/projects/:id/vulnerabilities",
  summary: "The vulnerabilities of a project",
  tags,
  caller: "user",
  params: v.object({ id: text(), ...pageFields }),
  answers: { 200: { description: "The vulnerabilities, newest first", schema: v.array(Vulnerability) } },
  faults: [301, 404, 405],
  async handle(c, params) {
    const page = pageOf(params);
    const project = await seeProjectAs(c, c.var.caller, params.id, AccessLevel.developer);
    const { rows, total } = await listVulnerabilities(c.var.db, project.project.id, {}, page);
    const shown = rows.map((row) => renderVulnerability(row, project));
    return respondPage(c, shown, page, total);
  },
});

/** GET /projects/:id/vulnerability_findings: what was found, of these severities and confidences; shown as in the list above. */
export const findFindings = operation({
  method: "GET",
  path: "/projects/:id/vulnerability_findings",
  summary: "The findings of a project",
  tags,
  caller: "user",
  params: v.object({
    id: text(),
    severity: optional(commaList(oneOf(severities))),
    confidence: optional(commaList(oneOf(confidences))),
    ...pageFields,
  }),
  answers: { 200: { description: "The findings, newest first", schema: v.array(Finding) } },
  faults: [301, 404, 405],
  async handle(c, params) {
    const page = pageOf(params);
    const seen = await seeProjectAs(c, c.var.caller, params.id, AccessLevel.developer);
    const filter = { severities: params.severity, confidences: params.confidence };
    const { rows, total } = await listVulnerabilities(c.var.db, seen.project.id, filter, page);
    return respondPage(c, rows.map(renderFinding), page, total);
  },
});
