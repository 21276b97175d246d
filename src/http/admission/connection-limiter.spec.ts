import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { until } from '../../../test/until.js';
import { ConnectionLimiter } from './connection-limiter.js';

let server: Server;
let limiter: ConnectionLimiter;
let accepted: Socket[];
let clients: Socket[];

beforeEach(async () => {
  accepted = [];
  clients = [];
  // Every address of the loopback network is a client of its own; the last one is a proxy.
  limiter = new ConnectionLimiter({ total: 5, perAddress: 3 }, (peer) =>
    peer === '127.0.0.9' ? undefined : peer,
  );
  server = createServer((socket) => void accepted.push(socket.on('error', () => undefined)));
  limiter.watch(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await new Promise((closed) => server.close(closed));
});

async function open(localAddress = '127.0.0.1'): Promise<Socket> {
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => undefined);
  clients.push(client);
  const count = accepted.length;
  await until(() => accepted.length > count, 5_000);
  return client.resume();
}
const openClients = (): number[] => clients.flatMap((client, nth) => (client.closed ? [] : [nth]));
const settled = (expected: readonly number[]): Promise<boolean> =>
  until(() => String(openClients()) === String(expected), 5_000);

describe('connections over a limit', () => {
  test('of an address take the place of its oldest idle one', async () => {
    await open('127.0.0.2');
    for (let nth = 0; nth < 4; nth += 1) await open();
    expect(await settled([0, 2, 3, 4])).toBe(true);
    expect(limiter.open).toBe(4);
  });

  test('of all addresses take the place of the oldest idle one of all', async () => {
    for (const nth of [1, 2, 3, 1, 2, 3, 4]) await open(`127.0.0.${nth}`);
    expect(await settled([2, 3, 4, 5, 6])).toBe(true);
  });

  test('never take the place of one with an authenticated request under way', async () => {
    await open();
    const release = limiter.hold(accepted[0]!);
    for (let nth = 0; nth < 3; nth += 1) await open();
    expect(await settled([0, 2, 3])).toBe(true);
    release();
    await open();
    expect(await settled([2, 3, 4])).toBe(true);
  });

  test('are closed themselves where every other one is busy', async () => {
    for (let nth = 0; nth < 3; nth += 1) {
      await open();
      limiter.hold(accepted[nth]!);
    }
    await open();
    expect(await settled([0, 1, 2])).toBe(true);
  });

  test('of a proxy count in the total alone', async () => {
    for (let nth = 0; nth < 5; nth += 1) await open('127.0.0.9');
    expect(await settled([0, 1, 2, 3, 4])).toBe(true);
  });

  test('are counted no longer once they have closed', async () => {
    for (let nth = 0; nth < 3; nth += 1) await open();
    for (const client of clients) client.destroy();
    expect(await until(() => limiter.open === 0, 5_000)).toBe(true);
  });
});
