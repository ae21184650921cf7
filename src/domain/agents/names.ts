/** Why a name or description cannot be an agent's or a token's, as a sentence; null where it can (contract kas 13). */
type Refusal = string | null;

/** What kas and `agentk` take for the name of an agent: a DNS label. */
export function refuseAgentName(name: string): Refusal {
  if (name.length > 63) return "Name is too long (maximum is 63 characters)";
  if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) return null;
  return "Name can contain only lowercase letters, digits, and '-', but cannot start or end with '-'";
}

export function refuseTokenTexts(name: string, description: string | null): Refusal {
  if (name.trim() === "") return "Name can't be blank";
  if (name.length > 255) return "Name is too long (maximum is 255 characters)";
  return (description ?? "").length > 1024 ? "Description is too long (maximum is 1024 characters)" : null;
}
