import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DemoServer } from './server.js';
import { waitForReadModels } from './wait-for-read-models.js';

interface Standing {
  readonly position: string;
  readonly error: string | null;
}

/** What the server says of its read model, ask by ask; the last one stays. */
let standings: Standing[];
let server: Server;
let demo: DemoServer;

beforeEach(async () => {
  server = createServer((request, response) => {
    const [now] = standings.length > 1 ? standings.splice(0, 1) : standings;
    const status = now?.error ? 'failed' : 'running';
    const body =
      request.url === '/api/log/head'
        ? { position: '10' }
        : { projections: [{ name: 'journey', status, ...now }] };
    response.end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  demo = new DemoServer(`http://127.0.0.1:${port}`, '', '');
});
afterEach(() => {
  server.close();
});

const at = (position: number, error: string | null = null): Standing => ({
  position: String(position),
  error,
});

test('a read model that stands still for a while without an error is waited for', async () => {
  standings = [at(0), ...Array.from({ length: 5 }, () => at(3)), at(10)];
  expect(await waitForReadModels(demo, { failedMs: 0, runningMs: 60_000 })).toBe(10n);
});

test('a read model that has failed is waited for while it may go on, and no longer', async () => {
  standings = [at(0), at(3, 'no such table'), at(10)];
  expect(await waitForReadModels(demo, { failedMs: 60_000, runningMs: 60_000 })).toBe(10n);
  standings = [at(3, 'no such table')];
  await expect(waitForReadModels(demo, { failedMs: 0, runningMs: 60_000 })).rejects.toThrow(
    'The read models do not advance: journey is failed (no such table)',
  );
});

test('a read model that nobody moves is given up', async () => {
  standings = [at(3)];
  await expect(waitForReadModels(demo, { failedMs: 0, runningMs: 0 })).rejects.toThrow(
    'The read models do not advance: journey is running',
  );
});
