import { Duplex } from "node:stream";
import type { Socket } from "node:net";

const headerBytes = 12;
const type = { data: 0, windowUpdate: 1, ping: 2, goAway: 3 };
const flag = { syn: 1, ack: 2, fin: 4, reset: 8 };

/** What Gitaly's clients send before they begin to multiplex their connection. */
const greeting = "backchannel";

/**
 * Accepts the connection of one of Gitaly's clients, over which several streams run (yamux: frames of version, type,
 * flags, stream id and length). Every stream that the client opens is handed over. Windows are not accounted for: what
 * is exchanged here is far below the 256 KiB that each side may send unasked.
 */
export function acceptStreams(socket: Socket, onStream: (stream: Duplex) => void): void {
  const streams = new Map<number, Duplex>();
  let isGreeted = false;
  let rest: Buffer = Buffer.alloc(0);

  const send = (kind: number, flags: number, id: number, length: number, data: Buffer = Buffer.alloc(0)) => {
    if (socket.destroyed) return;
    const header = Buffer.alloc(headerBytes);
    header.writeUInt8(kind, 1);
    header.writeUInt16BE(flags, 2);
    header.writeUInt32BE(id, 4);
    header.writeUInt32BE(length, 8);
    socket.write(Buffer.concat([header, data]));
  };

  const open = (id: number) => {
    const stream = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        send(type.data, 0, id, chunk.length, chunk);
        done();
      },
      final: (done) => {
        send(type.windowUpdate, flag.fin, id, 0);
        done();
      },
    });
    stream.on("error", () => {});
    streams.set(id, stream);
    send(type.windowUpdate, flag.ack, id, 0);
    onStream(stream);
  };

  const receive = (kind: number, flags: number, id: number, length: number, data: Buffer) => {
    if (kind === type.ping && (flags & flag.syn) !== 0) send(type.ping, flag.ack, 0, length);
    if (kind !== type.data && kind !== type.windowUpdate) return;
    if ((flags & flag.syn) !== 0) open(id);
    const stream = streams.get(id);
    if (data.length > 0) stream?.push(data);
    if ((flags & (flag.fin | flag.reset)) !== 0) stream?.push(null);
  };

  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    if (!isGreeted) {
      if (rest.length < greeting.length) return;
      if (rest.toString("latin1", 0, greeting.length) !== greeting) return void socket.destroy();
      rest = rest.subarray(greeting.length);
      isGreeted = true;
    }
    while (rest.length >= headerBytes) {
      const [kind, flags, id, length] = [rest.readUInt8(1), rest.readUInt16BE(2), rest.readUInt32BE(4), rest.readUInt32BE(8)];
      const end = headerBytes + (kind === type.data ? length : 0);
      if (rest.length < end) return;
      receive(kind, flags, id, length, rest.subarray(headerBytes, end));
      rest = rest.subarray(end);
    }
  });
  socket.on("error", () => {});
  socket.on("close", () => streams.forEach((stream) => stream.destroy()));
}
