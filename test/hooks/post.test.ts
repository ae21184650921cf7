import { describe, expect, it } from "vitest";
import { post, type Send } from "../../src/hooks/post.ts";

const url = "http://hook.example.test/in";
const answering =
  (answer: () => Response | Promise<Response>): Send =>
  async () =>
    answer();
const postTo = (send: Send, limitMs?: number) => post(send, url, { "Content-Type": "application/json" }, "{}", limitMs);

describe("one request to a receiver", () => {
  it("is a POST that follows no redirect", async () => {
    const seen: [string, RequestInit][] = [];
    const reply = await postTo(async (address, init) => {
      seen.push([address, init]);
      return new Response(null, { status: 302, headers: { Location: "http://169.254.169.254/" } });
    });
    expect(reply).toEqual({ status: 302, headers: { Location: "http://169.254.169.254/" }, body: "" });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject([url, { method: "POST", redirect: "manual", body: "{}" }]);
  });

  it("keeps the status, the headers and the text of the answer", async () => {
    const send = answering(() => new Response("ök\0", { status: 201, headers: { "X-One-Two": "a", server: "b" } }));
    expect(await postTo(send)).toEqual({
      status: 201,
      headers: { "Content-Type": "text/plain;charset=UTF-8", "X-One-Two": "a", Server: "b" },
      body: "ök\ufffd",
    });
  });

  it("reads 8 KiB of an answer without end, and lets it go", async () => {
    let isLetGo = false;
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(1000).fill(0x61));
      },
      cancel() {
        isLetGo = true;
      },
    });
    const reply = await postTo(answering(() => new Response(endless)));
    expect("body" in reply && reply.body).toBe("a".repeat(8192));
    expect(isLetGo).toBe(true);
    expect(pulled).toBeLessThan(20);
  });

  it("leaves out a character that the limit cuts in two", async () => {
    const reply = await postTo(answering(() => new Response(`${"a".repeat(8191)}ä`)));
    expect("body" in reply && reply.body).toBe("a".repeat(8191));
  });

  it("takes bytes that are no text", async () => {
    const reply = await postTo(answering(() => new Response(new Uint8Array([0xff, 0xfe, 0x00, 0x41]))));
    expect("body" in reply && reply.body).toBe("\ufffd\ufffd\ufffdA");
  });

  it("keeps fifty headers of 1 KiB", async () => {
    const headers = Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`x-${100 + index}`, "v".repeat(3000)]));
    const reply = await postTo(answering(() => new Response(null, { headers })));
    const kept = "headers" in reply ? Object.values(reply.headers) : [];
    expect(kept).toHaveLength(50);
    expect(new Set(kept.map((value) => value.length))).toEqual(new Set([1024]));
  });

  it("waits no longer than the limit for an answer", async () => {
    let signal: AbortSignal | null | undefined;
    const reply = await postTo((_, init) => {
      signal = init.signal;
      return new Promise<Response>(() => undefined);
    }, 30);
    expect(reply).toEqual({ error: "No answer within 0.03 seconds" });
    expect(signal?.aborted).toBe(true);
  });

  it("waits no longer than the limit for a body that comes to no end", async () => {
    let isLetGo = false;
    const silent = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new Uint8Array([0x61]));
      },
      cancel() {
        isLetGo = true;
      },
    });
    expect(
      await postTo(
        answering(() => new Response(silent)),
        30,
      ),
    ).toEqual({ error: "No answer within 0.03 seconds" });
    expect(isLetGo).toBe(true);
  });

  it("says nothing of what was thrown, which may hold a password", async () => {
    const send: Send = async () => {
      throw new TypeError("Fetch API cannot load: http://user:password@hook.example.test/?token=s3cret");
    };
    expect(await postTo(send)).toEqual({ error: "The receiver could not be reached" });
  });

  it("ends well where the receiver breaks off", async () => {
    const broken = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new Uint8Array([0x61]));
      },
      pull(controller) {
        controller.error(new Error("reset by peer"));
      },
    });
    expect(await postTo(answering(() => new Response(broken)))).toEqual({ error: "The receiver could not be reached" });
  });
});
