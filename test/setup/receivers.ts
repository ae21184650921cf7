import { vi } from "vitest";

/** A request that left for somebody else's server. */
export interface SentRequest {
  method: string;
  url: string;
  headers: Headers;
  text: string;
  redirect: string;
}

/** Stands between the Worker and the servers that it calls: every `fetch` is noted, and answered by `answer`. */
export function receivers() {
  const sent: SentRequest[] = [];
  const state = { sent, answer: (): Response | Promise<Response> => new Response("ok") };
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    // As fetch itself: it refuses addresses with user names, and headers that are none.
    const request = new Request(input, init);
    const { method, url, redirect } = request;
    sent.push({ method, url, redirect, headers: new Headers([...request.headers]), text: await request.text() });
    return state.answer();
  });
  return state;
}
