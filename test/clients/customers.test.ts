import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testVars } from "../setup/vars.ts";
import { startGatehouse, type Gatehouse } from "./setup/worker.ts";

/**
 * The samples of GitLab's document of the internal API, as they stand there: method, path, headers and bytes, with a token
 * that is good and the numbers of namespaces that are there (contract customers 11.1).
 */

let gatehouse: Gatehouse;
/** Five groups: ids that the samples' 1234, 123, 321, 127 and 129 stand for. */
let ids: number[];
const token = testVars.GATEHOUSE_ROOT_TOKEN;

beforeAll(async () => {
  gatehouse = await startGatehouse();
  ids = [];
  for (const path of ["acme", "from", "to", "one", "other"]) {
    const reply = await send(
      "POST",
      "/groups",
      { "PRIVATE-TOKEN": token, "Content-Type": "application/json" },
      `{"name":"${path}","path":"${path}"}`,
    );
    ids.push(JSON.parse(reply.text).id);
  }
});
afterAll(() => gatehouse?.close());

async function send(method: string, path: string, headers: Record<string, string>, body?: string) {
  const reply = await fetch(`${gatehouse.url}/api/v4${path}`, { method, headers, ...(body && { body }) });
  return { status: reply.status, type: reply.headers.get("Content-Type"), text: await reply.text() };
}

const subscription = (seats: number, max: number) => ({
  plan: { code: "premium", name: "premium", trial: false, auto_renew: null, upgradable: true },
  usage: { seats_in_subscription: seats, seats_in_use: 0, max_seats_used: max, seats_owed: 0 },
  billing: { subscription_start_date: "2020-07-15", subscription_end_date: null, trial_ends_on: null },
});

describe("the document's samples", () => {
  const own = { TOKEN: token };
  const json = { "PRIVATE-TOKEN": token, "Content-Type": "application/json" };

  it("a subscription is created, with the quotation marks in the query", async () => {
    const reply = await send("POST", `/namespaces/${ids[0]}/gitlab_subscription?start_date="2020-07-15"&plan="premium"&seats=10`, own);
    expect([reply.status, JSON.parse(reply.text)]).toEqual([201, subscription(10, 0)]);
  });

  it("as the shell passes it on, without them, a second time is refused", async () => {
    const reply = await send("POST", `/namespaces/${ids[0]}/gitlab_subscription?start_date=2020-07-15&plan=premium&seats=10`, own);
    expect([reply.status, JSON.parse(reply.text)]).toEqual([400, { message: { namespace_id: ["has already been taken"] } }]);
    const other = await send("POST", `/namespaces/${ids[1]}/gitlab_subscription?start_date=2020-07-15&plan=premium&seats=10`, own);
    expect([other.status, JSON.parse(other.text)]).toEqual([201, subscription(10, 0)]);
  });

  it("a subscription is updated and read", async () => {
    const updated = await send("PUT", `/namespaces/${ids[0]}/gitlab_subscription?max_seats_used=0`, own);
    expect([updated.status, JSON.parse(updated.text)]).toEqual([200, subscription(10, 0)]);
    const read = await send("GET", `/namespaces/${ids[0]}/gitlab_subscription`, own);
    expect([read.status, JSON.parse(read.text)]).toEqual([200, subscription(10, 0)]);
  });

  it("packs of minutes are bought, once, and moved", async () => {
    const body = `{
"packs": [
{
"number_of_minutes": 10000,
"expires_at": "2022-01-01",
"purchase_xid": "46952fe69bebc1a4de10b2b4ff439d0c"
}
]
}`;
    const pack = {
      namespace_id: ids[1],
      expires_at: "2022-01-01",
      number_of_minutes: 10_000,
      purchase_xid: "46952fe69bebc1a4de10b2b4ff439d0c",
    };
    for (const time of [1, 2]) {
      const bought = await send("POST", `/namespaces/${ids[1]}/minutes`, json, body);
      expect([time, bought.status, JSON.parse(bought.text)]).toEqual([time, 201, [pack]]);
    }
    const moved = await send("PATCH", `/namespaces/${ids[1]}/minutes/move/${ids[2]}`, { "PRIVATE-TOKEN": token });
    expect([moved.status, JSON.parse(moved.text)]).toEqual([202, { message: "202 Accepted" }]);
    const { results } = await gatehouse.db.prepare("select namespace_id, number_of_minutes from minutes_packs").all();
    expect(results).toEqual([{ namespace_id: ids[2], number_of_minutes: 10_000 }]);
  });

  it("reconciliations are announced", async () => {
    const body = `{"upcoming_reconciliations": [{"namespace_id": ${ids[3]}, "next_reconciliation_date": "13 Jun 2021", "display_alert_from": "06 Jun 2021"}, {"namespace_id": ${ids[4]}, "next_reconciliation_date": "12 Jun 2021", "display_alert_from": "05 Jun 2021"}]}`;
    const reply = await send("PUT", "/internal/upcoming_reconciliations", json, body);
    expect(reply).toEqual({ status: 200, type: "application/json", text: "200" });
    const { results } = await gatehouse.db
      .prepare("select namespace_id, next_reconciliation_date, display_alert_from from upcoming_reconciliations order by namespace_id")
      .all();
    expect(results).toEqual([
      { namespace_id: ids[3], next_reconciliation_date: "2021-06-13", display_alert_from: "2021-06-06" },
      { namespace_id: ids[4], next_reconciliation_date: "2021-06-12", display_alert_from: "2021-06-05" },
    ]);
  });
});
