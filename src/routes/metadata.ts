import * as v from "valibot";
import { operation } from "../http/operation.ts";

const Version = v.object({ version: v.string(), revision: v.string() });

const Metadata = v.object({
  ...Version.entries,
  kas: v.object({
    enabled: v.boolean(),
    externalUrl: v.nullable(v.string()),
    externalK8sProxyUrl: v.nullable(v.string()),
    version: v.nullable(v.string()),
  }),
  enterprise: v.boolean(),
});

const readScopes = ["api", "read_api", "read_user"];

/** GET /version: what clients choose their behaviour by (contract provisioning 4). */
export const showVersion = operation({
  method: "GET",
  path: "/version",
  summary: "The version of GitLab that this API behaves as",
  tags: ["provisioning"],
  caller: "user",
  scopes: readScopes,
  params: v.object({}),
  answers: { 200: { description: "The version", schema: Version } },
  handle(c) {
    const { gitlabVersion, gitlabRevision } = c.var.config;
    return c.json({ version: gitlabVersion, revision: gitlabRevision });
  },
});

/** GET /metadata: the version, and where kas is found from outside (contract provisioning 3). */
export const showMetadata = operation({
  method: "GET",
  path: "/metadata",
  summary: "The version, and what else clients choose their behaviour by",
  tags: ["provisioning"],
  caller: "user",
  scopes: readScopes,
  params: v.object({}),
  answers: { 200: { description: "The metadata", schema: Metadata } },
  handle(c) {
    const { gitlabVersion, gitlabRevision, kasExternalUrl } = c.var.config;
    return c.json({
      version: gitlabVersion,
      revision: gitlabRevision,
      kas: {
        enabled: kasExternalUrl !== null,
        externalUrl: kasExternalUrl,
        externalK8sProxyUrl: kasExternalUrl === null ? null : kubernetesProxyUrl(kasExternalUrl),
        version: kasExternalUrl === null ? null : gitlabVersion,
      },
      enterprise: false,
    });
  },
});

/** Where kas passes requests on to clusters: below the address that agents connect to, over HTTP. */
function kubernetesProxyUrl(kasUrl: string): string {
  const [protocol = "", rest = ""] = kasUrl.split("://");
  return `${protocol === "wss" || protocol === "grpcs" ? "https" : "http"}://${rest.replace(/\/*$/, "/")}k8s-proxy/`;
}
