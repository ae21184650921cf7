import type { AccessFacts } from "../facts.ts";
import { isPush, receivePack, uploadArchive, uploadPack, type AccessRequest } from "../request.ts";
import { forbid, refusals, type Refusal } from "../refusal.ts";

/** Contract git-access 7: what the instance and, where the project is known, its top-level group allow. `web` always passes. */
export function guardProtocol(request: AccessRequest, facts: AccessFacts): Refusal | null {
  if (request.protocol === "web") return null;
  const instance = facts.instance.settings.enabled_git_access_protocol;
  const root = facts.target?.project ? facts.namespaces.at(-1)?.enabledGitAccessProtocol : null;
  const allowed = [instance ?? "all", root ?? "all"];
  const isAllowed = allowed.every((protocol) => protocol === "all" || protocol === request.protocol);
  return isAllowed ? null : forbid("protocol", `Git access over ${request.protocol.toUpperCase()} is not allowed`);
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
