import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { readConfig } from '../config.js';
import { prepareWorkspaces } from '../prepare.js';
import { type RunningServer, startServer } from '../server.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { bearer, good, GrpcClient } from '../../test/grpc.js';

const log = pino({ level: 'silent' });
const keys = { TOUCHLINE_WRITE_KEY: 'wk_0123456789abcdef', TOUCHLINE_API_KEY: 'ak_0123456789abcdef' };
let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'touchline-grpc-'));
});
afterAll(async () => {
  await database?.drop();
  await rm(folder, { recursive: true });
});

const served = (settings: Readonly<Record<string, string>>): Promise<RunningServer> => {
  const place = { DATABASE_URL: database.url, TOUCHLINE_DATA_DIR: folder, PORT: '0', ROLES: 'collect,query' };
  const config = readConfig({ ...place, ...keys, ...settings });
  return startServer(config, log, async (runtime) => {
    await prepareWorkspaces(runtime, log);
  });
};
const view = { messageId: 'm-1', kind: 'page_view', anonymousId: 'a-1' };

test('a server with GRPC_PORT serves gRPC until it is stopped', async () => {
  const server = await served({ GRPC_PORT: '0' });
  const client = new GrpcClient(server.grpcPort!, bearer(keys.TOUCHLINE_WRITE_KEY));
  expect((await good(client.record([view]))).receipts).toHaveLength(1);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain(
    'touchline_grpc_request_seconds_count{method="CollectorService/Record",status="OK"} 1',
  );
  await server.stop();
  expect(await client.record([view])).toMatchObject({ status: 'UNAVAILABLE' });
  client.close();
});

test('without it there is none', async () => {
  const server = await served({});
  expect(server.grpcPort).toBeUndefined();
  await server.stop();
});

test('a port that is taken is told by its setting, and nothing stays open', async () => {
  const first = await served({ GRPC_PORT: '0' });
  await expect(served({ GRPC_PORT: String(first.grpcPort) })).rejects.toThrow(
    `GRPC_PORT: port ${first.grpcPort} is taken by another program`,
  );
  await first.stop();
});
