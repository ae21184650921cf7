/**
 * `npm run build`: the Worker as it is deployed, in dist/. wrangler calls it (wrangler.toml, [build]); its own bundler
 * makes the same code an eighth larger, and knows no way to leave out what only other programs read.
 */
import { rmSync } from "node:fs";
import { rolldown, type Plugin } from "rolldown";
import { parseAst } from "rolldown/parseAst";

/** What is cut, by the function whose call it stands in: the names of properties, or the place of an argument. */
interface Cut {
  files: RegExp;
  callee: string;
  properties?: ReadonlySet<string>;
  argument?: number;
}

const cuts: readonly Cut[] = [
  // Read by the maker of the OpenAPI document alone (openapi/generate.ts).
  { files: /src\/routes\/.*\.ts$/, callee: "operation", properties: new Set(["summary", "tags", "answers", "faults"]) },
  // Indexes and constraints: read by drizzle-kit alone.
  { files: /src\/db\/schema\/.*\.ts$/, callee: "sqliteTable", argument: 2 },
];

interface Node {
  type: string;
  start: number;
  end: number;
  callee?: { name?: string };
  arguments?: { start: number; end: number; properties?: { start: number; end: number; key?: { name?: string } }[] }[];
}

const leaveOut: Plugin = {
  name: "leave-out",
  transform(code, id) {
    const cut = cuts.find((each) => each.files.test(id));
    if (cut === undefined) return null;
    const ranges = callsIn(parseAst(code, { lang: "ts" }))
      .filter((call) => call.callee?.name === cut.callee)
      .flatMap((call) => rangesOf(call, cut, code));
    return { code: ranges.reduce(blank, code), map: null };
  },
};

/** Blanks of the same length: every position in the source map stays as it is. */
function blank(text: string, [start, end]: [number, number]): string {
  return text.slice(0, start) + text.slice(start, end).replace(/\S/g, " ") + text.slice(end);
}

function rangesOf(call: Node, cut: Cut, code: string): [number, number][] {
  const args = call.arguments ?? [];
  const argument = cut.argument === undefined ? undefined : args[cut.argument];
  if (argument !== undefined) return [[args[(cut.argument ?? 1) - 1]?.end ?? argument.start, argument.end]];
  // A property goes with the comma behind it: what precedes it ends with one of its own.
  const properties = args[0]?.properties ?? [];
  return properties
    .filter((property) => cut.properties?.has(property.key?.name ?? ""))
    .map(({ start, end }) => [start, end + (/^\s*,/.exec(code.slice(end))?.[0].length ?? 0)]);
}

function callsIn(node: unknown): Node[] {
  if (typeof node !== "object" || node === null) return [];
  if (Array.isArray(node)) return node.flatMap(callsIn);
  const within = Object.values(node).flatMap(callsIn);
  return "type" in node && node.type === "CallExpression" ? [node as Node, ...within] : within;
}

/** By the package it holds. */
function nameOf({ facadeModuleId, name }: { facadeModuleId?: string | null; name: string }): string {
  const [, library] = /.*node_modules\/([^/]+)\//.exec(facadeModuleId ?? "") ?? [];
  return `${library ?? name}.js`;
}

const bundle = await rolldown({
  input: "src/index.ts",
  external: [/^cloudflare:/, /^node:/],
  platform: "neutral",
  resolve: { mainFields: ["module", "main"], conditionNames: ["workerd", "worker", "browser", "import", "module"] },
  treeshake: { propertyReadSideEffects: false },
  plugins: [leaveOut],
});
// What is imported while the Worker runs is a file of its own, and costs nothing until then.
rmSync("dist", { recursive: true, force: true });
await bundle.write({ dir: "dist", format: "esm", minify: true, comments: false, sourcemap: true, chunkFileNames: nameOf });
await bundle.close();
