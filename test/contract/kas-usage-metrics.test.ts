import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { counterNames, uniqueCounterNames } from "../../src/domain/agents/usage.ts";
import { asKas, asRoot, call, kasJwt, withToken, type Reply } from "../setup/call.ts";
import { addToken, addUser, db } from "../setup/world.ts";

const most = Number.MAX_SAFE_INTEGER;
const negative = (name: string) => ({
  status: 400,
  body: { message: `400 Bad request - ${name} count must be greater than or equal to zero` },
});
const refused = (error: string) => ({ status: 400, body: { error } });

beforeEach(async () => {
  await db.query.run(sql`delete from usage_counters`);
  await db.query.run(sql`delete from usage_unique_values`);
});

const send = (json: unknown) => asKas("POST", "/usage_metrics", { json });

/** What was counted, of the counters that have anything. */
async function counted() {
  const { status, body } = await asRoot("GET", "/operator/agent_usage");
  expect(status).toBe(200);
  const above0 = (values: Record<string, number>) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0));
  return { ...above0(body.counters), ...above0(body.unique_counters) };
}

function expectNothingSaid(reply: Reply) {
  expect([reply.status, reply.body, reply.headers.get("Content-Type")]).toEqual([204, undefined, null]);
}

describe("counters in the flat form", () => {
  it("141, 142, 148 are added, never replaced, without a word and without an agent", async () => {
    const report = { gitops_sync_count: 10, k8s_api_proxy_request_count: 5 };
    expectNothingSaid(await send(report));
    expect(await counted()).toEqual({ gitops_sync: 10, k8s_api_proxy_request: 5 });
    expectNothingSaid(await send(report));
    expect(await counted()).toEqual({ gitops_sync: 20, k8s_api_proxy_request: 10 });
  });

  it("the seed's own example counts one", async () => {
    expectNothingSaid(await send({ gitops_sync_count: 1 }));
    expect(await counted()).toEqual({ gitops_sync: 1 });
  });

  it("144 what is no integer is refused by its name", async () => {
    for (const value of [
      "string",
      "",
      " ",
      "1.5",
      1.5,
      true,
      [],
      [1],
      {},
      "1e3",
      1e308,
      most + 1,
      -most - 1,
      "9007199254740992",
      "\0",
      "१",
    ]) {
      expect(await send({ gitops_sync_count: value, k8s_api_proxy_request_count: 1 })).toMatchObject(
        refused("gitops_sync_count is invalid"),
      );
    }
    expect(await send({ gitops_sync_count: "x", k8s_api_proxy_request_count: "y" })).toMatchObject(
      refused("gitops_sync_count is invalid, k8s_api_proxy_request_count is invalid"),
    );
    expect(await counted()).toEqual({});
  });

  it("145, 146 a negative count is refused under its own name, and nothing is counted", async () => {
    expect(await send({ gitops_sync_count: -1 })).toMatchObject(negative("gitops_sync"));
    expect(await send({ gitops_sync_count: 3, k8s_api_proxy_request_count: -1 })).toMatchObject(negative("k8s_api_proxy_request"));
    expect(await send({ gitops_sync_count: "-5", k8s_api_proxy_request_count: -1 })).toMatchObject(negative("gitops_sync"));
    expect(await counted()).toEqual({});
  });

  it("zero, null and digits are a count, none, and a count; in a form too", async () => {
    expectNothingSaid(await send({ gitops_sync_count: 0, k8s_api_proxy_request_count: null }));
    expect(await db.query.all(sql`select * from usage_counters`)).toEqual([]);
    expectNothingSaid(await send({ gitops_sync_count: "-0", k8s_api_proxy_request_count: " 7 " }));
    expectNothingSaid(await asKas("POST", "/usage_metrics", { form: "gitops_sync_count=2&k8s_api_proxy_request_count=0003" }));
    expect(await counted()).toEqual({ gitops_sync: 2, k8s_api_proxy_request: 10 });
  });

  it("an empty body, or one of names that nobody knows, counts nothing, whatever their values are", async () => {
    expectNothingSaid(await asKas("POST", "/usage_metrics"));
    for (const json of [{}, { gitops_sync: 5, counters_total: [] }, { counters: { a: "x", b: -1 } }, { unique_counters: { c: "x" } }]) {
      expectNothingSaid(await send(json));
    }
    expect(await counted()).toEqual({});
  });
});

describe("counters by name", () => {
  it("149 are the same counters as those of the flat form", async () => {
    expectNothingSaid(
      await send({
        counters: { k8s_api_proxy_request: 5, gitops_sync: 1 },
        unique_counters: { k8s_api_proxy_requests_unique_users_via_ci_access: [10] },
      }),
    );
    expectNothingSaid(await send({ k8s_api_proxy_request_count: 2 }));
    expect(await counted()).toEqual({ k8s_api_proxy_request: 7, gitops_sync: 1, k8s_api_proxy_requests_unique_users_via_ci_access: 1 });
  });

  it("every name of kas then and today counts", async () => {
    const report = {
      counters: Object.fromEntries(counterNames.map((name, index) => [name, index + 1])),
      unique_counters: Object.fromEntries(
        uniqueCounterNames.map((name, index) => [name, Array.from({ length: index + 1 }, (_, id) => id)]),
      ),
    };
    expectNothingSaid(await send(report));
    const { body } = await asRoot("GET", "/operator/agent_usage");
    expect(Object.values(body.counters)).toEqual(counterNames.map((_, index) => index + 1));
    expect(Object.values(body.unique_counters)).toEqual(uniqueCounterNames.map((_, index) => index + 1));
  });

  it("150 what is no integer, no object and no list is refused by its full name", async () => {
    const value = "k8s_api_proxy_request";
    for (const odd of ["string", 1.5, true, [1], {}, most + 1]) {
      expect(await send({ counters: { [value]: odd } })).toMatchObject(refused(`counters[${value}] is invalid`));
    }
    for (const odd of ["string", "", 1, true, [1], []]) expect(await send({ counters: odd })).toMatchObject(refused("counters is invalid"));
    for (const odd of ["string", 1, [7]]) expect(await send({ unique_counters: odd })).toMatchObject(refused("unique_counters is invalid"));
    const name = "agent_users_using_ci_tunnel";
    for (const odd of [7, "7", {}, { 0: 7 }]) {
      expect(await send({ unique_counters: { [name]: odd } })).toMatchObject(refused(`unique_counters[${name}] is invalid`));
    }
    for (const odd of ["x", null, [1], 1.5, most + 1, {}, ""]) {
      expect(await send({ unique_counters: { [name]: [1, odd, odd] } })).toMatchObject(refused(`unique_counters[${name}][1] is invalid`));
    }
    expect(await counted()).toEqual({});
  });

  it("a negative count is refused here too, and nothing is counted", async () => {
    const report = {
      counters: { gitops_sync: 5, k8s_api_proxy_requests_via_pat_access: -1 },
      unique_counters: { agent_users_using_ci_tunnel: [1] },
    };
    expect(await send(report)).toMatchObject(negative("k8s_api_proxy_requests_via_pat_access"));
    expect(await counted()).toEqual({});
  });

  it("exclude the names of the flat form, which is said behind what is wrong in itself and before what is negative", async () => {
    const counters = { gitops_sync: 1 };
    expect(await send({ counters, gitops_sync_count: 1 })).toMatchObject(refused("counters, gitops_sync_count are mutually exclusive"));
    expect(await send({ counters: {}, k8s_api_proxy_request_count: -1 })).toMatchObject(
      refused("counters, k8s_api_proxy_request_count are mutually exclusive"),
    );
    expect(await send({ counters, gitops_sync_count: 1, k8s_api_proxy_request_count: 0 })).toMatchObject(
      refused("counters, gitops_sync_count are mutually exclusive, counters, k8s_api_proxy_request_count are mutually exclusive"),
    );
    expect(await send({ counters, gitops_sync_count: "x" })).toMatchObject(refused("gitops_sync_count is invalid"));
    expect(await counted()).toEqual({});
    expectNothingSaid(await send({ counters, gitops_sync_count: null }));
    expectNothingSaid(await send({ counters: null, unique_counters: null, gitops_sync_count: 1 }));
    expect(await counted()).toEqual({ gitops_sync: 2 });
  });

  it("come in a form as well", async () => {
    const form =
      "counters[gitops_sync]=3&unique_counters[agent_users_using_ci_tunnel][]=7&unique_counters[agent_users_using_ci_tunnel][]=8";
    expectNothingSaid(await asKas("POST", "/usage_metrics", { form }));
    expect(await counted()).toEqual({ gitops_sync: 3, agent_users_using_ci_tunnel: 2 });
  });
});

describe("unique counters", () => {
  it("152 count everybody once, however often they are told", async () => {
    const report = { unique_counters: { k8s_api_proxy_requests_unique_users_via_user_access: [7, 8, 9, 7] } };
    await send(report);
    await send(report);
    expect(await counted()).toEqual({ k8s_api_proxy_requests_unique_users_via_user_access: 3 });
  });

  it("take any integer, in digits too, and keep it for its own counter alone", async () => {
    await send({ unique_counters: { agent_users_using_ci_tunnel: [0, "0", -0, -1, most, -most, "12", 12] } });
    await send({ unique_counters: { flux_git_push_notified_unique_projects: [12] } });
    expect(await counted()).toEqual({ agent_users_using_ci_tunnel: 5, flux_git_push_notified_unique_projects: 1 });
    expect(await db.query.all(sql`select value from usage_unique_values where name like 'agent%' order by value`)).toEqual(
      [-most, -1, 0, 12, most].map((value) => ({ value })),
    );
  });

  it("an empty list counts nobody", async () => {
    expectNothingSaid(await send({ unique_counters: { agent_users_using_ci_tunnel: [] } }));
    expect(await counted()).toEqual({});
  });

  it(
    "take a hundred thousand ids in a call, since kas sends again what it could not deliver, and none of more",
    { timeout: 60_000 },
    async () => {
      const ids = (from: number, count: number) => Array.from({ length: count }, (_, index) => most - from - index);
      const [users, agents] = ["k8s_api_proxy_requests_unique_users_via_ci_access", "k8s_api_proxy_requests_unique_agents_via_ci_access"];
      const many = { [users]: ids(0, 60_000), [agents]: ids(0, 40_000) };
      expectNothingSaid(await send({ counters: { gitops_sync: 1 }, unique_counters: many }));
      // Once more, with everybody known, and named twice.
      expectNothingSaid(await send({ unique_counters: { [users]: [...ids(0, 60_000), ...ids(0, 60_000)] } }));
      const tooMany = { ...many, [users]: ids(60_000, 60_001) };
      expect(await send({ counters: { gitops_sync: 1 }, unique_counters: tooMany })).toMatchObject(
        refused(`unique_counters[${agents}] is invalid`),
      );
      expect(await counted()).toEqual({ gitops_sync: 1, [users]: 60_000, [agents]: 40_000 });
    },
  );

  it("a body of nothing but what is no id is refused at once", async () => {
    for (const [element, place] of [
      ["0", 1_000_000],
      ['""', 0],
      ["[]", 0],
    ] as const) {
      const raw = `{"unique_counters":{"agent_users_using_ci_tunnel":[${`${element},`.repeat(1_000_000)}"x"]}}`;
      const reply = await asKas("POST", "/usage_metrics", { raw, headers: { "Content-Type": "application/json" } });
      expect(reply).toMatchObject(refused(`unique_counters[agent_users_using_ci_tunnel][${place}] is invalid`));
    }
  });
});

describe("sums", () => {
  it("stay at the largest integer that JSON carries", async () => {
    await send({ gitops_sync_count: most - 1 });
    expect(await counted()).toEqual({ gitops_sync: most - 1 });
    for (const more of [1, 1, most]) {
      expectNothingSaid(await send({ gitops_sync_count: more }));
      expect(await counted()).toEqual({ gitops_sync: most });
    }
    expect(await db.query.all(sql`select typeof(value) as type from usage_counters`)).toEqual([{ type: "integer" }]);
  });

  it("are exact when fifty calls come at once, of which one is refused", async () => {
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const unique_counters = { agent_users_using_ci_tunnel: [index % 7, 100 + index] };
        return send({ counters: { gitops_sync: index, k8s_api_proxy_request: index === 25 ? -1 : 1 }, unique_counters });
      }),
    );
    expect(replies.filter(({ status }) => status === 204)).toHaveLength(49);
    expect(replies[25]).toMatchObject(negative("k8s_api_proxy_request"));
    expect(await counted()).toEqual({ gitops_sync: (49 * 50) / 2 - 25, k8s_api_proxy_request: 49, agent_users_using_ci_tunnel: 7 + 49 });
  });
});

it("costs one round trip, and none where there is nothing to add", async () => {
  const tripsOf = async (json: unknown) => (await send(json)).headers.get("Server-Timing")?.match(/\d+ trip/)?.[0] ?? "none";
  const report = { counters: { gitops_sync: 1 }, unique_counters: { agent_users_using_ci_tunnel: [1, 2] } };
  expect(await tripsOf(report)).toBe("1 trip");
  expect(await tripsOf({ gitops_sync_count: 0 })).toMatch(/none|0 trip/);
});

it("is for kas alone: not for an administrator, nor with the JWT in another header", async () => {
  const refusal = { status: 401, body: { message: "KAS JWT authentication invalid" } };
  expect(await asRoot("POST", "/internal/kubernetes/usage_metrics", { json: { gitops_sync_count: 1 } })).toMatchObject(refusal);
  const headers = { Authorization: `Bearer ${await kasJwt()}` };
  expect(await call("POST", "/internal/kubernetes/usage_metrics", { headers, json: { gitops_sync_count: 1 } })).toMatchObject(refusal);
  expect(await counted()).toEqual({});
});

describe("GET /operator/agent_usage", () => {
  it("shows every counter, 0 where nothing was counted", async () => {
    const { body, headers } = await asRoot("GET", "/operator/agent_usage");
    expect(headers.get("Content-Type")).toBe("application/json");
    expect(body).toEqual({
      counters: Object.fromEntries(counterNames.map((name) => [name, 0])),
      unique_counters: Object.fromEntries(uniqueCounterNames.map((name) => [name, 0])),
    });
  });

  it("is for administrators", async () => {
    const reply = await withToken(await addToken(await addUser()))("GET", "/operator/agent_usage");
    expect(reply).toMatchObject({ status: 403, body: { message: "403 Forbidden" } });
  });
});

describe("GET receptive_agents", () => {
  it("214 there are none of that kind: an empty list, without an agent's token", async () => {
    const reply = await asKas("GET", "/receptive_agents");
    expect([reply.status, reply.body, reply.headers.get("Content-Type")]).toEqual([200, { agents: [] }, "application/json"]);
  });
});
