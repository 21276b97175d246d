import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** A name server on loopback that answers every question for IPv4 with what it is told, and no other. */
export class DnsServer {
  asked = 0;
  private constructor(
    private readonly socket: Socket,
    private readonly answer: (name: string, nth: number) => readonly string[],
  ) {}

  static async start(answer: (name: string, nth: number) => readonly string[]): Promise<DnsServer> {
    const socket = createSocket('udp4');
    const server = new DnsServer(socket, answer);
    socket.on('message', (question, { port, address }) => socket.send(server.reply(question), port, address));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  stop(): void {
    this.socket.close();
  }

  /** RFC 1035: the header and the question again, then one record an address. */
  private reply(message: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
      labels.push(message.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const isIpv4 = message.readUInt16BE(at + 1) === 1;
    const addresses = isIpv4 ? this.answer(labels.join('.'), (this.asked += 1)) : [];
    const question = message.subarray(12, at + 5);
    const header = Buffer.alloc(12);
    message.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(addresses.length, 6);
    const records = addresses.map((address) =>
      Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
    );
    return Buffer.concat([header, question, ...records]);
  }
}
