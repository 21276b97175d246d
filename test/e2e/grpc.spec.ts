import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Receipt_Status } from '../../src/proto/touchline/v1/collector_pb.js';
import { bearer, good, GrpcClient } from '../grpc.js';
import { freePort, poolOf, ServerProcess, WRITE_KEY } from './server-process.js';

const COUNT = 20_000;
let dataDir: string;
let server: ServerProcess | undefined;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-grpc-'));
});
afterEach(async () => {
  await server?.stop();
  await rm(dataDir, { recursive: true });
});

function* views() {
  for (let nth = 0; nth < COUNT; nth += 50)
    yield Array.from({ length: 50 }, (_, index) => ({
      ...{ messageId: `m-${nth + index}`, kind: 'page_view', anonymousId: `a-${nth % 300}` },
    }));
}

test('a gRPC stream to a killed server can be sent again, and every event is recorded once', async () => {
  const [port, grpcPort] = [await freePort(), await freePort()];
  const options = { dataDir, port, env: { GRPC_PORT: String(grpcPort), ROLES: 'collect' } };
  server = await ServerProcess.start(options);
  const pool = await poolOf(dataDir);
  const count = async (): Promise<number> => {
    const sql = `SELECT count(*)::int AS count FROM touchline.event WHERE type = 'TouchpointRecorded'`;
    return (await pool.query<{ count: number }>(sql)).rows[0]!.count;
  };
  const client = new GrpcClient(grpcPort, bearer(WRITE_KEY));
  const broken = client.recordStream(views());
  while ((await count()) === 0) await sleep(5);
  await server.kill();
  expect(await broken).toMatchObject({ status: 'UNAVAILABLE' });
  client.close();

  server = await ServerProcess.start(options);
  await pool.end().catch(() => undefined);
  const again = new GrpcClient(grpcPort, bearer(WRITE_KEY));
  const { receipts } = await good(again.recordStream(views()));
  expect(receipts.map(({ messageId }) => messageId)).toEqual(
    Array.from({ length: COUNT }, (_, nth) => `m-${nth}`),
  );
  expect(new Set(receipts.map(({ position }) => position)).size).toBe(COUNT);
  expect(receipts.some(({ status }) => status === Receipt_Status.DUPLICATE)).toBe(true);
  expect(receipts.some(({ status }) => status === Receipt_Status.ACCEPTED)).toBe(true);
  const after = await poolOf(dataDir);
  const { rows } = await after.query(
    `SELECT count(*)::int AS count, count(DISTINCT id)::int AS ids FROM touchline.event WHERE type = 'TouchpointRecorded'`,
  );
  expect(rows).toEqual([{ count: COUNT, ids: COUNT }]);
  await after.end();
  again.close();
});
