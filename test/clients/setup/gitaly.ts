import { createHmac } from "node:crypto";
import { createServer as createHttp2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { acceptStreams } from "./yamux.ts";

export interface GitalyCall {
  /** `/gitaly.SSHService/SSHReceivePack` */
  method: string;
  metadata: IncomingHttpHeaders;
  /** The first message, protobuf. */
  message: Buffer;
}

export interface GitalyRecorder {
  /** As `GITALY_STORAGES` takes it. */
  address: string;
  /** What it was asked, oldest first. */
  calls: GitalyCall[];
  close(): void;
}

const unavailable = "14";

/** Stands where Gitaly would: takes gRPC calls as Gitaly does, notes what came, and answers that it is unavailable. */
export async function startGitalyRecorder(): Promise<GitalyRecorder> {
  const calls: GitalyCall[] = [];
  const sockets = new Set<Socket>();
  const grpc = createHttp2Server();
  grpc.on("stream", (stream, headers) => {
    readMessage(stream, (message) => {
      calls.push({ method: headers[":path"] ?? "", metadata: headers, message });
      stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": unavailable }, { endStream: true });
    });
  });
  const server = createServer((socket) => {
    sockets.add(socket);
    acceptStreams(socket, (stream) => grpc.emit("connection", stream));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  };
  return { address: `tcp://127.0.0.1:${port}`, calls, close };
}

/** The first message of a gRPC stream: one byte of flags, four of length, then the message. */
function readMessage(stream: ServerHttp2Stream, onMessage: (message: Buffer) => void): void {
  let read: Buffer = Buffer.alloc(0);
  let isRead = false;
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => {
    if (isRead) return;
    read = Buffer.concat([read, chunk]);
    if (read.length < 5 || read.length < 5 + read.readUInt32BE(1)) return;
    isRead = true;
    onMessage(read.subarray(5, 5 + read.readUInt32BE(1)));
  });
}

/** Whether the metadata carry Gitaly's credential: `Bearer v2.<HMAC-SHA256 of the timestamp, hex>.<timestamp>`. */
export function isSignedFor(call: GitalyCall, token: string): boolean {
  const match = /^Bearer v2\.([0-9a-f]{64})\.(\d+)$/.exec(call.metadata.authorization ?? "");
  if (match === null) return false;
  return (
    match[1] ===
    createHmac("sha256", token)
      .update(match[2] ?? "")
      .digest("hex")
  );
}
