import type { GitProtocolSetting } from "../../identity/namespace.ts";
import type { AccessFacts, NamespaceFacts } from "../facts.ts";
import { isPush, receivePack, uploadArchive, uploadPack, type AccessRequest } from "../request.ts";
import { forbid, refusals, type Refusal } from "../refusal.ts";

/** Contract git-access 7: what the instance and, where the project is known, its top-level group allow. */
export function guardProtocol(request: AccessRequest, facts: AccessFacts): Refusal | null {
  const root = facts.target?.project ? facts.namespaces.at(-1) : undefined;
  return refuseUnless(facts.instance.settings.enabled_git_access_protocol, request) ?? guardRootProtocol(request, root);
}

export function guardRootProtocol(request: AccessRequest, root: NamespaceFacts | undefined): Refusal | null {
  return refuseUnless(root?.enabledGitAccessProtocol ?? null, request);
}

/** `web` always passes. */
function refuseUnless(allowed: GitProtocolSetting | null, { protocol }: AccessRequest): Refusal | null {
  if (allowed === null || allowed === "all" || protocol === "web" || protocol === allowed) return null;
  return forbid("protocol", `Git access over ${protocol.toUpperCase()} is not allowed`);
}

/** Commands that are unknown, or switched off for HTTP by the deployment. */
export function guardCommand(request: AccessRequest, facts: AccessFacts): Refusal | null {
  const isDisabled = request.protocol === "http" && facts.instance.commandsDisabledOverHttp.includes(request.action);
  if (isDisabled && request.action === uploadPack) return refusals.upload_pack_disabled_over_http;
  if (isDisabled && request.action === receivePack) return refusals.receive_pack_disabled_over_http;
  const isKnown = [uploadPack, uploadArchive, receivePack].includes(request.action);
  return isKnown ? null : refusals.command_not_allowed;
}

export function guardReadOnlyInstance(request: AccessRequest, facts: AccessFacts): Refusal | null {
  return facts.instance.isReadOnly && isPush(request) ? refusals.cannot_push_to_read_only : null;
}
