import * as fc from "fast-check";
import sshpk from "sshpk";
import { describe, expect, it } from "vitest";
import { fingerprintOfPresentedKey, fingerprintsOf, parsePublicKey, type PublicKey } from "../../src/domain/identity/ssh-key.ts";

const lines = {
  K1: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFTmH02jXt8Ei7OIs5vx4NcvdWDuDpbOQSgP++5CWA5 ada laptop",
  K2: "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBK1M82GrOycUJZWabzXmTN86DBifK6NZv1QHOuwHcEHH56OJQB0ASHgUEfGFxKPnLhDf8gb602GJFQU99rpDaSI= bob@desk",
  K3: "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCYTAaxbc79U8alz+5Tw8NLgSBjgCHPVw+4tL5BhKkpAOL7TVjUURbWo605bXsPuNUIsOwM531SzcjvzcTz4oFjJEzZ5vuTogekgpM5IPpuduidKFl9da589al7t/zw/VEwZ+QGQT60/1k/BVGGhsYkAzPoGvDmom/iuY9hiUsTIZnUv7sj2JtEhHtsgjnZcDkNmFMmS4vG6tH9LkDeZjZAgELnBCNCzYZ078H93N7azqr1pW8+TRBRk+bQwiACLxYlnZUxarTMLVtYAzRj6yyEbi5O++emiIevUHTPa5IJWHArPE1Xw/uheNjzhgfNn4tbomoHlEmR+XqI6TZRnS+7",
  K4: "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDZ9XTbPhIFTyfuM4IUCU0+jtt5bhw4k9J08Hp5TJneV7nkz+hRjFODwsgDAv1MFcAfv369AvJvhvGIajq9Ku9TCtkoXCY38hO4bEt+Pp0IhHa8vNoL4aroddAZJk/GQhe0UMUP9DfVpRIG4K52Qs5j1f7GkTOzUcB3aqx6Qv678Q== short",
  K5: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc3xOVNn5nM/6mDecs88LgWlIc1dFSDUkFS7QoHk7Yl deploy",
};

const read = (line: string): PublicKey => {
  const parsed = parsePublicKey(line);
  if (typeof parsed === "string") throw new Error(parsed);
  return parsed;
};

describe("the fixtures of the contract", () => {
  it.each([
    ["K1", "ed25519", 256, "ada laptop", "91IJ8uCHJP+nCToSGWw2+V13RQ4nYw3aPoIRZ9lEW+0", "6e:ce:68:94:38:98:46:61:3d:af:e0:57:60:6a:b5:ca"],
    ["K2", "ecdsa", 256, "bob@desk", "rAyuT4KM4KZTyBFXutsP1+lsC8wvEoQfgp3aPIqRfok", "b3:c6:c9:5d:a6:ad:76:e3:9e:67:7e:b5:6d:8d:af:56"],
    ["K3", "rsa", 2048, "", "ZHruFx9JiCXHsFuzcPFwifYY8t3LQ70g6nouMvergJM", "9f:b9:bf:a7:ea:52:b0:a2:c1:8b:d8:85:0f:3a:c8:e9"],
    ["K4", "rsa", 1024, "short", "J4QCaDJBQDMISNWAc8yUGM789tUygCdAMJpfxLXCoJc", null],
    ["K5", "ed25519", 256, "deploy", "z+VPNNPbp+haF+CjeWtJocPlS9+tL3a9NW5/KTCQeHk", "28:38:f4:cd:91:6c:ec:cc:f0:aa:ed:ca:da:68:f0:ce"],
  ] as const)("%s: %s, %d bits", (name, keyType, bits, comment, sha256, md5) => {
    const key = read(lines[name]);
    const [algorithm, blob] = lines[name].split(" ");
    expect(key).toEqual({ algorithm, blob, comment, keyType, bits });
    const fingerprints = fingerprintsOf(key.blob);
    expect(fingerprints.sha256).toBe(sha256);
    if (md5 !== null) expect(fingerprints.md5).toBe(md5);
  });

  it("the key of the base document's vector", () => {
    const blob = "AAAAC3NzaC1lZDI1NTE5AAAAII0cDXg9q8toeKR1zZuwMFcRyRH6YE/Ez0vSclfYthKW";
    expect(fingerprintsOf(blob)).toEqual({
      sha256: "n2n73tkhP1Y5kgGFj9JtcRM/2lGtI627F/as+aKXMIY",
      md5: "55:01:79:ea:8a:20:b6:7a:b1:2f:2a:f5:f1:37:a7:63",
    });
  });
});

const utf8 = (text: string) => new TextEncoder().encode(text);
/** A key's wire form: each part behind its length. */
function wire(...parts: Uint8Array[]): Uint8Array {
  const bytes = Buffer.alloc(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  let at = 0;
  for (const part of parts) {
    at = bytes.writeUInt32BE(part.length, at);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const lineOf = (algorithm: string, ...parts: Uint8Array[]) => `${algorithm} ${base64(wire(utf8(algorithm), ...parts))}`;
const random = (length: number, first: number) => {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  bytes[0] = first;
  return bytes;
};
const point = (coordinate: number) => random(1 + 2 * coordinate, 4);

/** One line of every kind that is supported. */
const kinds: [string, Uint8Array[], string, number][] = [
  ["ssh-rsa", [new Uint8Array([1, 0, 1]), new Uint8Array([0, ...random(384, 0x80)])], "rsa", 3072],
  ["ssh-dss", [new Uint8Array([0, ...random(128, 0x80)]), random(20, 0x70), random(128, 1), random(128, 1)], "dsa", 1024],
  ["ecdsa-sha2-nistp256", [utf8("nistp256"), point(32)], "ecdsa", 256],
  ["ecdsa-sha2-nistp384", [utf8("nistp384"), point(48)], "ecdsa", 384],
  ["ecdsa-sha2-nistp521", [utf8("nistp521"), point(66)], "ecdsa", 521],
  ["ssh-ed25519", [random(32, 0)], "ed25519", 256],
  ["sk-ecdsa-sha2-nistp256@openssh.com", [utf8("nistp256"), point(32), utf8("ssh:")], "ecdsa_sk", 256],
  ["sk-ssh-ed25519@openssh.com", [random(32, 0), utf8("ssh:")], "ed25519_sk", 256],
];

describe("what is supported", () => {
  it.each(kinds)("%s", (algorithm, parts, keyType, bits) => {
    const line = lineOf(algorithm, ...parts);
    expect(read(`${line} a comment`)).toEqual({ algorithm, blob: line.split(" ")[1], comment: "a comment", keyType, bits });
  });

  it.each(kinds)("%s with a byte more, a byte less, a part more or a part less is no key", (algorithm, parts) => {
    const bytes = wire(utf8(algorithm), ...parts);
    const spoilt = [
      new Uint8Array([...bytes, 0]),
      bytes.subarray(0, -1),
      wire(utf8(algorithm), ...parts, utf8("x")),
      wire(utf8(algorithm), ...parts.slice(0, -1)),
      wire(utf8("ssh-rsa1"), ...parts),
      wire(utf8(algorithm), ...parts.map(() => new Uint8Array())),
    ];
    for (const blob of spoilt) expect(parsePublicKey(`${algorithm} ${base64(blob)}`)).toBe("undecodable");
  });

  it.each([
    ["a modulus of nothing", lineOf("ssh-rsa", new Uint8Array([1, 0, 1]), new Uint8Array([0]))],
    ["a negative modulus", lineOf("ssh-rsa", new Uint8Array([1, 0, 1]), random(256, 0x80))],
    ["a short Ed25519 key", lineOf("ssh-ed25519", random(31, 1))],
    ["a long Ed25519 key", lineOf("ssh-ed25519", random(33, 1))],
    ["a compressed point", lineOf("ecdsa-sha2-nistp256", utf8("nistp256"), random(33, 2))],
    ["another curve", lineOf("ecdsa-sha2-nistp256", utf8("nistp384"), point(48))],
    ["another algorithm inside", `ssh-rsa ${lines.K1.split(" ")[1]}`],
    ["a length beyond the end", `ssh-ed25519 ${base64(new Uint8Array([0xff, 0xff, 0xff, 0xff, 1]))}`],
    ["no Base64", "ssh-ed25519 !!!!"],
  ])("%s is no key", (_, line) => {
    expect(parsePublicKey(line)).toBe("undecodable");
  });

  it.each([
    "",
    "ssh-ed25519",
    "unsupported-ssh-rsa key",
    "ssh-rsa-cert-v01@openssh.com AAAA",
    "constructor AAAA",
    "-----BEGIN PUBLIC KEY-----",
    `from="10.0.0.0/8" ${lines.K1}`,
    `${lines.K1}${" x".repeat(3000)}`,
  ])("%j is no line of a key", (line) => {
    expect(parsePublicKey(line)).toBe("unsupported");
  });
});

describe("how it may be pasted", () => {
  const [algorithm, blob = ""] = lines.K2.split(" ");

  it.each([
    ["blanks around", `  \n${lines.K2}\r\n`],
    ["line breaks in the blob", `${algorithm} ${blob.slice(0, 30)}\r\n${blob.slice(30, 31)}\n ${blob.slice(31)} bob@desk`],
    ["tabs", `${algorithm}\t${blob}\tbob@desk`],
    ["without padding", `${algorithm} ${blob.replace(/=+$/, "")} bob@desk`],
  ])("%s", (_, line) => {
    expect(read(line)).toEqual(read(lines.K2));
  });

  it("wherever the blob is broken, it is closed up", () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(lines)), fc.array(fc.nat(400), { maxLength: 8 }), (line, cuts) => {
        const [name = "", whole = "", ...comment] = line.split(" ");
        const body = whole.replace(/=+$/, "");
        const pieces = [0, ...new Set(cuts.map((cut) => cut % body.length))].sort((a, b) => a - b);
        const broken = pieces.map((from, index) => body.slice(from, pieces[index + 1])).join("\n");
        expect(read(`${name} ${broken} ${comment.join(" ")}`)).toEqual(read(line));
      }),
    );
  });

  it("no text makes it fail", () => {
    const anything = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.tuple(fc.constantFrom(...kinds.map(([name]) => name)), fc.base64String()).map((pair) => pair.join(" ")),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const parsed = parsePublicKey(text);
        expect(typeof parsed === "string" || parsed.bits > 0).toBe(true);
        expect(fingerprintOfPresentedKey(text)).toMatch(/^[A-Za-z0-9+/]{43}$/);
      }),
    );
  });
});

const expectSame = (line: string) => {
  const key = read(line);
  const oracle = sshpk.parseKey(line, "ssh");
  expect(key.keyType).toBe(oracle.type);
  expect(key.bits).toBe(oracle.size);
  const { sha256, md5 } = fingerprintsOf(key.blob);
  expect(`SHA256:${sha256}`).toBe(oracle.fingerprint("sha256").toString());
  expect(md5).toBe(oracle.fingerprint("md5").toString("hex"));
};

describe("against sshpk", () => {
  it("generated keys are read alike", () => {
    expectSame(sshpk.generatePrivateKey("ed25519").toPublic().toString("ssh"));
    for (const curve of ["nistp256", "nistp384", "nistp521"] as const) {
      expectSame(sshpk.generatePrivateKey("ecdsa", { curve }).toPublic().toString("ssh"));
    }
  });

  it("RSA keys of any size are read alike", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 600 }), fc.integer({ min: 1, max: 255 }), (bytes, first) => {
        bytes[0] = first;
        const modulus = first >= 0x80 ? new Uint8Array([0, ...bytes]) : bytes;
        expectSame(lineOf("ssh-rsa", new Uint8Array([1, 0, 1]), modulus));
      }),
    );
  });

  it("Ed25519 keys of any bytes are read alike", () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => expectSame(lineOf("ssh-ed25519", bytes))));
  });
});

describe("the key that a client asks for", () => {
  const [, blob = ""] = lines.K2.split(" ");
  const expected = fingerprintsOf(blob).sha256;

  it.each([
    ["the blob", blob],
    ["without padding", blob.replace(/=+$/, "")],
    ["the whole line", lines.K2],
    ["with a + that became a blank", blob.replaceAll("+", " ")],
  ])("%s", (_, key) => {
    expect(fingerprintOfPresentedKey(key)).toBe(expected);
  });

  it("a part of the blob is another key", () => {
    expect(fingerprintOfPresentedKey(blob.slice(0, -8))).not.toBe(expected);
  });
});
