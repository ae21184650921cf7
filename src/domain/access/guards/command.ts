import type { GitProtocolSetting } from "../../identity/namespace.ts";
import type { AccessFacts, NamespaceFacts } from "../facts.ts";
import { isPush, receivePack, uploadArchive, uploadPack, type AccessRequest } from "../request.ts";
import type { Guard } from "../guard.ts";
import type { Situation } from "../situation.ts";
import { forbid, refusals, type Refusal } from "../refusal.ts";

/** Contract git-access 7: what the instance and, where the project is known, its top-level group allow. */
export const protocol: Guard<Situation> = {
  code: "protocol",
  judge({ request, facts }) {
    return refuseUnless(facts.instance.settings.enabled_git_access_protocol, request) ?? guardRootProtocol(request, rootOf(facts));
  },
  facts: ({ request, facts }) => ({
    protocol: request.protocol,
    instance: facts.instance.settings.enabled_git_access_protocol,
    top_level_group: rootOf(facts)?.enabledGitAccessProtocol ?? null,
  }),
};

function rootOf(facts: AccessFacts): NamespaceFacts | undefined {
  return facts.target?.project ? facts.namespaces.at(-1) : undefined;
}

export function guardRootProtocol(request: AccessRequest, root: NamespaceFacts | undefined): Refusal | null {
  return refuseUnless(root?.enabledGitAccessProtocol ?? null, request);
}

/** `web` always passes. */
function refuseUnless(allowed: GitProtocolSetting | null, { protocol: used }: AccessRequest): Refusal | null {
  if (allowed === null || allowed === "all" || used === "web" || used === allowed) return null;
  return forbid("protocol", `Git access over ${used.toUpperCase()} is not allowed`);
}

/** Commands that are unknown, or switched off for HTTP by the deployment. */
export const command: Guard<Situation> = {
  code: "command",
  judge({ request, facts }) {
    const isDisabled = request.protocol === "http" && facts.instance.commandsDisabledOverHttp.includes(request.action);
    if (isDisabled && request.action === uploadPack) return refusals.upload_pack_disabled_over_http;
    if (isDisabled && request.action === receivePack) return refusals.receive_pack_disabled_over_http;
    const isKnown = [uploadPack, uploadArchive, receivePack].includes(request.action);
    return isKnown ? null : refusals.command_not_allowed;
  },
  facts: ({ request, facts }) => ({ action: request.action, disabled_over_http: facts.instance.commandsDisabledOverHttp }),
};

export const readOnlyInstance: Guard<Situation> = {
  code: "cannot_push_to_read_only",
  judge: ({ request, facts }) => (facts.instance.isReadOnly && isPush(request) ? refusals.cannot_push_to_read_only : null),
  facts: ({ facts }) => ({ is_read_only: facts.instance.isReadOnly }),
};
