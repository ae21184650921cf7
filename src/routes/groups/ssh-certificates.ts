import * as v from "valibot";
import { isUniqueViolation } from "../../db/constraint.ts";
import { createSshCertificate, deleteSshCertificate, listSshCertificates } from "../../db/ssh-certificates.ts";
import { forbidden, invalid, notFound, unprocessable } from "../../domain/fault.ts";
import { AccessLevel } from "../../domain/identity/access-level.ts";
import { parseRowId } from "../../domain/identity/row-id.ts";
import { checkAuthority } from "../../domain/identity/ssh-certificate.ts";
import { text } from "../../http/fields.ts";
import { operation, type OperationContext } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";
import { deletedMeanwhile } from "../deleted-meanwhile.ts";
import { renderSshCertificate, SshCertificate } from "../entities/ssh-certificate.ts";
import { requireLevel, seeGroup } from "../places.ts";

/** GET /groups/:id/ssh_certificates: the authorities that a group trusts, for its owners (contract provisioning 7.2). */
export const findSshCertificates = operation({
  method: "GET",
  path: "/groups/:id/ssh_certificates",
  summary: "The authorities whose SSH certificates a group trusts",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text(), ...pageFields }),
  answers: { 200: { description: "A page of authorities", schema: v.array(SshCertificate) } },
  faults: [404, 405],
  async handle(c, params) {
    const page = pageOf(params);
    const { namespace } = await ownedGroup(c, params.id);
    const { rows, total } = await listSshCertificates(c.var.db, namespace.id, page);
    const rendered = rows.map((row) => renderSshCertificate(row));
    return respondPage(c, rendered, page, total);
  },
});

/**
 * POST /groups/:id/ssh_certificates: has a top-level group trust an authority: its certificates log in the group's members,
 * to the repositories below it.
 *
 * 403 for a subgroup; 422 for a key that may not be one, and for an authority that some group trusts already.
 */
export const addSshCertificate = operation({
  method: "POST",
  path: "/groups/:id/ssh_certificates",
  summary: "Have a top-level group trust the SSH certificates of an authority",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text(), title: text(), key: text() }),
  answers: { 201: { description: "The authority", schema: SshCertificate } },
  faults: [404, 409, 422],
  async handle(c, params) {
    const { db, caller, now } = c.var;
    const { namespace } = await ownedGroup(c, params.id);
    if (namespace.parentId !== null) throw forbidden();
    const checked = checkAuthority(params, caller.settings, now);
    if ("errors" in checked) throw checked.errors === "invalid_key" ? unprocessable("Invalid key") : invalid(checked.errors);
    try {
      const row = await createSshCertificate(db, { ...checked.authority, namespaceId: namespace.id, createdAt: now });
      return c.json(renderSshCertificate(row), 201);
    } catch (error) {
      if (isUniqueViolation(error, "ssh_certificates.fingerprint_sha256")) throw authorityTaken();
      throw deletedMeanwhile(error);
    }
  },
});

/** DELETE /groups/:id/ssh_certificates/:ssh_certificates_id: its certificates log nobody in any more. */
export const removeSshCertificate = operation({
  method: "DELETE",
  path: "/groups/:id/ssh_certificates/:ssh_certificates_id",
  summary: "No longer trust the SSH certificates of an authority",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text(), ssh_certificates_id: text() }),
  answers: { 204: { description: "Deleted" } },
  faults: [404],
  async handle(c, params) {
    const { namespace } = await ownedGroup(c, params.id);
    const id = parseRowId(params.ssh_certificates_id);
    if (id === null || !(await deleteSshCertificate(c.var.db, namespace.id, id))) throw notFound("SSH Certificate");
    return c.body(null, 204);
  },
});

async function ownedGroup(c: OperationContext<"user">, idOrPath: string) {
  const group = await seeGroup(c, c.var.caller, idOrPath);
  requireLevel(group, AccessLevel.owner);
  return group;
}

/** The text is GitLab's, whichever group it was. */
function authorityTaken() {
  return unprocessable("Key must be unique. This CA has already been configured for another namespace.");
}
