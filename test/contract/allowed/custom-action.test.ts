import { expect, it } from "vitest";
import * as v from "valibot";
import { Elsewhere, renderCustomAction } from "../../../src/routes/internal/render-allowed.ts";

it("149: a custom action is an allowance with a payload, and nothing else", () => {
  const payload = {
    action: "geo_proxy_to_primary",
    data: { api_endpoints: ["geo/proxy/push"], gl_username: "ada", primary_repo: "https://primary.example.test/engines/analytical.git" },
  };
  const body = renderCustomAction({ payload, messages: ["This request to a Geo secondary node will be forwarded."] });
  expect(body).toEqual({
    status: true,
    payload,
    gl_console_messages: ["This request to a Geo secondary node will be forwarded."],
  });
  expect(v.is(Elsewhere, body)).toBe(true);
});
