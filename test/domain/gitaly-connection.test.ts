import { expect, it } from "vitest";
import { connectionTo } from "../../src/domain/git/gitaly-connection.ts";

const gitalyStorages = { default: { address: "tcp://gitaly:8075", token: "t" }, open: { address: "unix:/run/gitaly", token: null } };
const gitalyFeatures = { mep_mep: true, off_by_now: false, some: ["engines/analytical"] };
const connect = (storage: string, path: string | null) => connectionTo(storage, path, { gitalyStorages, gitalyFeatures });

it("git-access 16: the address and token of the storage; none of one that is not configured", () => {
  expect(connect("default", null)).toMatchObject({ address: "tcp://gitaly:8075", token: "t" });
  expect(connect("open", null)).toMatchObject({ address: "unix:/run/gitaly", token: null });
  for (const storage of ["other", "constructor", ""]) expect(connect(storage, null)).toMatchObject({ address: "", token: null });
});

it("features by their names on the wire, as texts; a list turns one on for its projects alone", () => {
  const features = (path: string | null) => connect("default", path).features;
  const off = { "gitaly-feature-mep-mep": "true", "gitaly-feature-off-by-now": "false", "gitaly-feature-some": "false" };
  expect(features("engines/analytical")).toEqual({ ...off, "gitaly-feature-some": "true" });
  expect(features("engines/difference")).toEqual(off);
  expect(features(null)).toEqual(off);
  expect(connectionTo("default", null, { gitalyStorages, gitalyFeatures: {} }).features).toEqual({});
});
