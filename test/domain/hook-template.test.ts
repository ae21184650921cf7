import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderTemplate } from "../../src/domain/hooks/template.ts";

const event = JSON.stringify({
  object_kind: "push",
  total: 2,
  message: null,
  project: { name: 'An "odd"\nname \\', id: 31 },
  commits: [{ id: "a" }],
  "odd name": { "x-y": true },
});
const render = (template: string) => renderTemplate(template, event, 1000);

describe("a custom webhook template", () => {
  it.each([
    ['{"event":"{{object_kind}}"}', { event: "push" }],
    ['{"name":"{{project.name}}","id":{{project.id}}}', { name: 'An "odd"\nname \\', id: 31 }],
    ['{"all":{{commits}},"first":"{{commits.0.id}}"}', { all: [{ id: "a" }], first: "a" }],
    ['{"none":{{nothing}},"deep":{{project.nothing.at.all}},"null":{{message}}}', { none: null, deep: null, null: null }],
    ['{"spaced":"{{ object_kind }}","odd":{{odd name.x-y}}}', { spaced: "push", odd: true }],
    ['{"inherited":{{constructor}},"more":{{project.__proto__.toString}}}', { inherited: null, more: null }],
    ['{"single":"{object_kind}"}', { single: "{object_kind}" }],
    ["[{{total}}]", [2]],
    ['{"behind null":{{message.text}},"behind text":{{object_kind.length}}}', { "behind null": null, "behind text": null }],
  ])("%s", (template, sent) => {
    expect(JSON.parse(render(template) ?? "")).toEqual(sent);
  });

  it.each(["", "{", "{{object_kind}}", '{"a":{{object_kind}}}', "{{{{object_kind}}}}"])("%j gives nothing to send", (template) => {
    expect(render(template)).toBeNull();
  });

  it("gives nothing that is longer than allowed", () => {
    expect(render(`["${"{{object_kind}}".repeat(249)}"]`)).not.toBeNull();
    expect(render(`["${"{{object_kind}}".repeat(250)}"]`)).toBeNull();
  });

  it.each([
    ["[{{total}}]", 3, "[2]"],
    ["[{{total}}]", 2, null],
    ["{{total}}", 1, "2"],
    ["{{total}}", 0, null],
    ["[1]", 3, "[1]"],
    ["[1]", 2, null],
  ])("%s in %i characters gives %j", (template, limit, sent) => {
    expect(renderTemplate(template, event, limit)).toBe(sent);
  });

  it("is not blown up by what it repeats", () => {
    const large = JSON.stringify({ a: "x".repeat(1_000_000) });
    const started = performance.now();
    expect(renderTemplate(`["${"{{a}}".repeat(800)}"]`, large, 5_000_000)).toBeNull();
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("takes no event that is no JSON", () => {
    expect(renderTemplate('["{{a}}"]', "{", 100)).toBe('["null"]');
  });

  it("no text of an event ends the string that it is put into", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const rendered = renderTemplate('{"a":"<{{text}}>","b":1}', JSON.stringify({ text }), 100_000);
        expect(JSON.parse(rendered ?? "")).toEqual({ a: `<${text}>`, b: 1 });
      }),
    );
  });
});
