/** The machine's own package sources, one file's text each; `deb822` for `.sources`, one line a source for `.list`. */
export interface SourceText {
  form: "deb822" | "lines";
  text: string;
}

export interface SuiteChange {
  /** Suites that count as the machine's own distribution: its code name, `stable` … */
  from: readonly string[];
  to: string;
}

/**
 * The sources of the machine's own distribution, pointed at another of its releases. Everything else that apt was told
 * stays: mirrors, options, keyrings. Sources of other suites (updates, security, third parties) are left out.
 */
export function changeSuite(source: SourceText, change: SuiteChange): SourceText {
  const text = source.form === "deb822" ? changeStanzas(source.text, change) : changeLines(source.text, change);
  return { form: source.form, text };
}

function changeLines(text: string, change: SuiteChange): string {
  const changed: string[] = [];
  for (const line of text.split("\n")) {
    const match = /^\s*deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(\S[^#]*)/.exec(line);
    if (match === null || !change.from.includes(match[3] ?? "")) continue;
    changed.push(`deb ${match[1] ?? ""}${match[2]} ${change.to} ${match[4]?.trim()}\n`);
  }
  return changed.join("");
}

function changeStanzas(text: string, change: SuiteChange): string {
  const stanzas = text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .split(/\n\s*\n/);
  return stanzas.map((stanza) => changeStanza(stanza, change)).join("");
}

function changeStanza(stanza: string, change: SuiteChange): string {
  // A field goes on in the lines that begin with a blank.
  const fields = stanza.split(/\n(?![ \t])/).filter((field) => field.trim() !== "");
  const valuesOf = (name: string) =>
    fields
      .find((field) => field.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim()
      .split(/\s+/) ?? [];
  const isOurs = valuesOf("suites").some((suite) => change.from.includes(suite));
  const isOff = ["no", "false", "0", "off"].includes(valuesOf("enabled")[0]?.toLowerCase() ?? "yes");
  if (!isOurs || isOff || !valuesOf("types").includes("deb")) return "";
  const kept = fields.filter((field) => !/^(suites|types):/i.test(field));
  return `Types: deb\nSuites: ${change.to}\n${kept.join("\n")}\n\n`;
}
