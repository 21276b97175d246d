import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CollectorService } from '../proto/touchline/v1/collector_pb.js';
import { QueryService } from '../proto/touchline/v1/query_pb.js';
import { type GrpcApp, grpcApp } from '../../test/grpc-app.js';

const ROOT = join(import.meta.dirname, '..', '..');
let app: GrpcApp;
beforeAll(async () => {
  app = await grpcApp({ ROLES: 'collect,project,query' });
});
afterAll(() => app?.close());

// Position 1 has the first journey model.
test('the client of docs/how-to records touchpoints and asks what is known', async () => {
  const run = async () => {
    const args = [
      join(ROOT, 'docs/how-to/grpc-client.mjs'),
      `127.0.0.1:${app.grpc.port}`,
      join(ROOT, 'proto'),
    ];
    const env = { PATH: process.env.PATH, WRITE_KEY: app.keys.writeKey, API_KEY: app.keys.apiKey };
    return (await promisify(execFile)(process.execPath, args, { env, timeout: 30_000 })).stdout.split('\n');
  };
  expect(await run()).toEqual([
    'grpc-1 STATUS_ACCEPTED 2',
    'grpc-2 STATUS_ACCEPTED 3',
    'grpc-3 STATUS_ACCEPTED 4',
    'grace@navy.example: 3 touchpoints as of 4',
    '',
  ]);
  expect(await run()).toEqual([
    'grpc-1 STATUS_DUPLICATE 2',
    'grpc-2 STATUS_DUPLICATE 3',
    'grpc-3 STATUS_DUPLICATE 4',
    'grace@navy.example: 3 touchpoints as of 4',
    '',
  ]);
});

test('docs/how-to/grpc.md names every method', async () => {
  const page = await readFile(join(ROOT, 'docs/how-to/grpc.md'), 'utf8');
  for (const { methods, name } of [CollectorService, QueryService])
    for (const method of methods) expect(page).toContain(`\`${name}/${method.name}\``);
});
