import { writeFileSync } from "node:fs";
import { runProgram, type KeyPair } from "./ssh.ts";

/** Signs a public key with an authority's key, for a day; answers the file of the certificate. */
export async function makeCertificate(
  authority: KeyPair,
  subject: KeyPair,
  { identity, principal }: { identity: string; principal: string },
): Promise<string> {
  const file = `${subject.file}.pub`;
  writeFileSync(file, `${subject.line}\n`);
  const args = ["-q", "-s", authority.file, "-I", identity, "-n", principal, "-V", "-1h:+1d", file];
  const outcome = await runProgram("ssh-keygen", args);
  if (outcome.code !== 0) throw new Error(`ssh-keygen ended with ${outcome.code}: ${outcome.stderr}`);
  return `${subject.file}-cert.pub`;
}
