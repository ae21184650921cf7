import { describe, expect, it } from "vitest";
import { chooseTarget, type TargetChoice } from "../../src/local/explain-target.ts";

const running = { pid: 1, port: 8787 };
const choose = (choice: Partial<TargetChoice>) =>
  chooseTarget({ url: undefined, token: undefined, environmentToken: undefined, running, localToken: () => "of .dev.vars", ...choice });
/** The token in `.dev.vars` is not even read where it is not to be sent. */
const untouched = () => {
  throw new Error("the local token was read");
};

describe("npm run explain", () => {
  it("asks what npm run dev runs, with the token in .dev.vars", () => {
    expect(choose({})).toEqual({ url: "http://127.0.0.1:8787", token: "of .dev.vars" });
    expect(choose({ running: { pid: 1, port: 8800 } }).url).toBe("http://127.0.0.1:8800");
  });

  it("asks nobody while npm run dev does not run, whatever token there is", () => {
    const said = "No `npm run dev` of this directory is running. Start it, or name an instance: --url ADDRESS --token TOKEN";
    for (const tokens of [{}, { token: "t" }, { environmentToken: "t" }]) {
      expect(() => choose({ running: null, localToken: untouched, ...tokens })).toThrow(said);
    }
  });

  it.each(["http://127.0.0.1:8787", "http://127.0.0.1:8787/", "http://127.0.0.1:8787/below"])(
    "sends the token in .dev.vars to %s, where npm run dev serves",
    (url) => {
      expect(choose({ url })).toEqual({ url: url.replace(/\/$/, ""), token: "of .dev.vars" });
    },
  );

  it.each([
    "https://gitlab.example.test",
    "http://127.0.0.1:8788",
    "http://127.0.0.1",
    "https://127.0.0.1:8787",
    "http://127.0.0.2:8787",
    "http://localhost:8787",
    "http://127.0.0.1.gitlab.example.test:8787",
    "http://127.0.0.1.gitlab.example.test:8787",
    "http://gitlab.example.test/127.0.0.1:8787",
  ])("does not send the token in .dev.vars to %s", (url) => {
    for (const each of [running, null]) {
      const given = { url, running: each, localToken: untouched };
      for (const token of [undefined, ""]) {
        expect(() => choose({ ...given, token, environmentToken: token })).toThrow(
          `For ${url}, give the token of an administrator: --token TOKEN, or GATEHOUSE_TOKEN.`,
        );
      }
      expect(choose({ ...given, token: "given" })).toEqual({ url, token: "given" });
      expect(choose({ ...given, environmentToken: "set" })).toEqual({ url, token: "set" });
    }
  });

  it("takes --token before GATEHOUSE_TOKEN, and both before the token in .dev.vars", () => {
    expect(choose({ token: "given", environmentToken: "set", localToken: untouched }).token).toBe("given");
    expect(choose({ environmentToken: "set", localToken: untouched }).token).toBe("set");
  });

  it.each(["gitlab.example.test", "ftp://gitlab.example.test", "", "http://", "https://a b"])("takes no --url %j", (url) => {
    expect(() => choose({ url, token: "given" })).toThrow("--url begins with http:// or https://.");
  });
});
