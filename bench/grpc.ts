import { freePort } from '../test/e2e/server-process.js';
import type { Report } from './figure.js';
import { BATCHES, measured } from './ingest.js';

const MB = 2 ** 20;

/** Streams of gRPC, the limit being the HTTP batches of the same run: every role on, then the collectors alone. */
export async function grpc(report: Report, seconds: number): Promise<void> {
  for (const [name, env] of [
    ['', {}],
    ['  ROLES=collect: ', { ROLES: 'collect' }],
  ] as const) {
    const batches = await measured(seconds, BATCHES, env);
    const http = batches.seen.events / batches.seen.seconds;
    report({ name: `${name}HTTP, Segment batches of 100, 8 connections`, value: http, unit: 'events/s' });
    report({ name: '  resident memory of the server, peak', value: batches.peak / MB, unit: 'MB' });
    for (const size of [100, 1]) {
      const settings = { ...env, GRPC_PORT: String(await freePort()) };
      const { seen, peak } = await measured(seconds, { connections: 8, size, streams: true }, settings);
      const value = seen.events / seen.seconds;
      report({
        name: `${name}gRPC, 8 streams, messages of ${size}`,
        ...{ value, unit: 'events/s', ofLimit: value / http },
        ...(size === 100 ? { atLeast: 0.6 } : {}),
      });
      report({
        name: '  resident memory of the server, peak',
        value: peak / 2 ** 20,
        unit: 'MB',
        atMost: 400,
      });
    }
  }
}
