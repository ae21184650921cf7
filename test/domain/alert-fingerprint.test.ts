import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fingerprintOf } from "../../src/domain/alerts/fingerprint.ts";
import { canonicalJson } from "../../src/domain/canonical-json.ts";

const sha1 = (text: string) => createHash("sha1").update(text).digest("hex");

const flow = {
  time: "2021-06-13T12:00:00.5Z",
  verdict: "DROPPED",
  IP: { source: "10.1.0.7", destination: "10.1.0.9" },
  l4: { TCP: { sourcePort: 40112, destinationPort: 8443, flags: { SYN: true } } },
  Summary: "TCP Flags: SYN",
};
const stableFlow =
  '{"IP":{"destination":"10.1.0.9","source":"10.1.0.7"},"l4":{"TCP":{"destinationPort":8443,"sourcePort":40112}},"verdict":"DROPPED"}';

describe("the fingerprint of an alert", () => {
  it.each([
    ["168", "disk-full-web-01", "c52cc66e32e15ff3f442b2c73aaf70f8a622ad5b"],
    ["169", ["web", "01", "disk"], "ab97a86d500877dd0f647bcf5dffb322e46ccd07"],
    ["6.3", [1, "fingerprint", "given"], "9463360a4ace9389a8c9f3491b660822ca796d52"],
    ["of lists within lists", [[1, ["fingerprint"]], [["given"]]], "9463360a4ace9389a8c9f3491b660822ca796d52"],
    ["without the empty parts", [null, "web", "", "01disk"], "ab97a86d500877dd0f647bcf5dffb322e46ccd07"],
    ["a number", 42, sha1("42")],
    ["a truth", true, sha1("true")],
    ["objects in a list", ["a", { c: 1, b: [] }], sha1('a{"b":[],"c":1}')],
    ["what is no text", "\ud800\0", sha1("\ufffd\0")],
  ])("%s is SHA-1 of what is given: %j", (_, fingerprint, expected) => {
    expect(fingerprintOf({ title: "t", fingerprint, flow })).toBe(expected);
  });

  it.each([null, "", "  ", [], [""], [null, [[]]], {}, { a: 1 }])("is not given by %j", (fingerprint) => {
    expect(fingerprintOf({ fingerprint, flow })).toBe(sha1(stableFlow));
  });

  it("154 is that of the flow, whatever its time, summary and TCP flags, and in whatever order it is told", () => {
    expect(fingerprintOf({ flow })).toBe(sha1(stableFlow));
    const again = { ...flow, time: "2022", Summary: null, l4: { TCP: { destinationPort: 8443, flags: { ACK: true }, sourcePort: 40112 } } };
    expect(fingerprintOf({ flow: Object.fromEntries(Object.entries(again).toReversed()), title: "other" })).toBe(sha1(stableFlow));
    expect(fingerprintOf({ flow: { ...flow, verdict: "AUDIT" } })).not.toBe(sha1(stableFlow));
    expect(fingerprintOf({ flow: { ...flow, l4: { UDP: { flags: 1 } } } })).not.toBe(fingerprintOf({ flow: { ...flow, l4: { UDP: {} } } }));
  });

  it("is that of the whole payload without times and hosts where there is no flow to speak of", () => {
    const generic = { title: "t", message: "m", evalMatches: [{ value: 1, tags: {} }] };
    const expected = sha1('{"evalMatches":[{"tags":{},"value":1}],"message":"m","title":"t"}');
    expect(fingerprintOf({ ...generic, start_time: "now", end_time: 1, hosts: ["a"] })).toBe(expected);
    for (const none of [null, "flow", [], 1]) expect(fingerprintOf({ ...generic, flow: none })).toMatch(/^[0-9a-f]{40}$/);
    expect(fingerprintOf({ title: "t", flow: { time: 1, Summary: "s" } })).toMatch(/^[0-9a-f]{40}$/);
  });

  it("is none where nothing is left", () => {
    expect(fingerprintOf({})).toBeNull();
    expect(fingerprintOf({ start_time: "2021-06-13", end_time: null, hosts: [] })).toBeNull();
  });

  it("does not tell payloads apart by the order of their keys, and tells those apart that say something else", () => {
    const payload = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>);
    fc.assert(
      fc.property(payload, fc.string(), (value, extra) => {
        const reversed = Object.fromEntries(Object.entries(value).toReversed());
        expect(fingerprintOf(reversed)).toBe(fingerprintOf(value));
        expect(fingerprintOf({ ...value, title: `${extra}1` })).not.toBe(fingerprintOf({ ...value, title: `${extra}2` }));
      }),
    );
  });
});

describe("canonical JSON", () => {
  it("is JSON of the same value, without spaces and with keys in order", () => {
    expect(canonicalJson({ b: [1, { d: null, c: "ä\n" }], a: true, "10": 1, "9": 2 })).toBe(
      '{"10":1,"9":2,"a":true,"b":[1,{"c":"ä\\n","d":null}]}',
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value);
        expect(JSON.parse(canonicalJson(JSON.parse(json)))).toEqual(JSON.parse(json));
      }),
    );
  });
});
