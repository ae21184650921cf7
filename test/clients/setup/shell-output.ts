const ruler = `remote: ${"=".repeat(72)}`;

/** The box in which gitlab-sshd shows why it refuses (contract clients 3.13). */
export function sshdBox(message: string): string {
  return `remote: \n${ruler}\nremote: \nremote: ERROR: ${message}\n\nremote: \n${ruler}\nremote: \n`;
}

/** The box of gitlab-shell itself, which runs behind OpenSSH. */
export function shellBox(message: string): string {
  return `remote: \n${ruler}\nremote: \nremote: ${message}\nremote: \n${ruler}\nremote: \n`;
}

/** Messages that the API sends along; they come before anything else. */
export function consoleMessages(...messages: string[]): string {
  return ["", ...messages, ""].map((message) => `remote: ${message}\n`).join("");
}
