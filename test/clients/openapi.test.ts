import { expect, it } from "vitest";
import { describeApi } from "../../src/openapi/generate.ts";
import { operations } from "../../src/routes/index.ts";

it("is the document that is served: `npm run openapi` makes it anew", async () => {
  const document = `${JSON.stringify(await describeApi(operations), null, 2)}\n`;
  await expect(document).toMatchFileSnapshot("../../src/openapi/assets/openapi.json");
});
