import { expect, it } from "vitest";
import { changeSuite } from "./setup/debian-sources.ts";

const change = { from: ["bookworm"], to: "trixie" };

it("one-line sources keep their options, address and components; other suites are left out", () => {
  const text = [
    "# the mirror",
    "deb [arch=amd64 signed-by=/etc/keyring.gpg] http://mirror.example.test/debian bookworm main contrib # near",
    "deb-src http://mirror.example.test/debian bookworm main",
    "#deb http://mirror.example.test/debian bookworm main",
    "deb http://mirror.example.test/debian bookworm-updates main",
    "deb http://packages.example.test nodistro main",
  ].join("\n");
  expect(changeSuite({ form: "lines", text }, change).text).toBe(
    "deb [arch=amd64 signed-by=/etc/keyring.gpg] http://mirror.example.test/debian trixie main contrib\n",
  );
});

it("deb822 stanzas keep every other field, a key of several lines too; disabled ones are left out", () => {
  const text = `# the mirror
Types: deb deb-src
URIs: http://mirror.example.test/debian
Suites: bookworm
 bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDME

Types: deb
Enabled: no
URIs: http://other.example.test
Suites: bookworm

Types: deb
URIs: http://security.example.test
Suites: bookworm-security
`;
  expect(changeSuite({ form: "deb822", text }, change).text).toBe(`Types: deb
Suites: trixie
URIs: http://mirror.example.test/debian
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDME

`);
});
