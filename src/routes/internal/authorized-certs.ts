import * as v from "valibot";
import { loadCertificateFacts } from "../../db/facts/certificate-facts.ts";
import { decideCertificateLogin } from "../../domain/access/authorized-certificate.ts";
import { Fault, unauthenticated } from "../../domain/fault.ts";
import { parseAuthorityFingerprint } from "../../domain/identity/ssh-certificate.ts";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { longestText } from "./fields.ts";

const Login = v.object({
  success: v.literal(true),
  /** Full path of the group that the certificate is good for. */
  namespace: v.string(),
  username: v.string(),
});

/** Blank is the same as missing. */
const given = v.pipe(
  text(),
  v.check((value) => value.trim() !== "", "is missing"),
  v.maxLength(longestText),
);

/**
 * GET /internal/authorized_certs
 *
 * Called by gitlab-sshd for a certificate whose authority it does not know: `key` is the SHA-256 fingerprint of the
 * authority's key, `user_identifier` the certificate's key id, a user name or primary e-mail address (contract accounts 13,
 * clients 3.3).
 */
export const authorizedCerts = operation({
  method: "GET",
  path: "/internal/authorized_certs",
  summary: "The user and group that an SSH certificate logs in to",
  tags: ["gitlab-shell"],
  caller: "shell",
  params: v.object({ key: given, user_identifier: given }),
  answers: { 200: { description: "The user and the group", schema: Login } },
  faults: [404],
  async handle(c, params) {
    const fingerprint = parseAuthorityFingerprint(params.key);
    if (fingerprint === null) throw missing("Certificate");
    const facts = await loadCertificateFacts(c.var.db, { fingerprint, userIdentifier: params.user_identifier });
    const login = decideCertificateLogin(facts, c.var.now);
    if (login === "no_certificate") throw missing("Certificate");
    if (login === "no_user") throw missing("User");
    if (login === "barred") throw unauthenticated("user_barred");
    return c.json({ success: true, ...login });
  },
});

/** 404 without the status in its text. */
function missing(thing: "Certificate" | "User"): Fault {
  return new Fault("notFound", "not_found", `${thing} Not Found`);
}
