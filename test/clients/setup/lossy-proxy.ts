import { createServer, request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface LossyProxy {
  url: string;
  /** Paths that were passed on and whose answers were thrown away. */
  lost: string[];
  close(): Promise<void>;
}

/** Passes requests on to `target`. The first answer to each path that `isLost` names is thrown away with its connection. */
export async function startLossyProxy(target: string, isLost: (path: string) => boolean): Promise<LossyProxy> {
  const lost: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? "/";
    const passed = request(`${target}${path}`, { method: incoming.method, headers: incoming.headers }, (answer: IncomingMessage) => {
      if (isLost(path) && !lost.includes(path)) {
        lost.push(path);
        answer.resume().once("end", () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.once("error", () => incoming.socket.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, lost, close };
}
