import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { pathOf } from '../src/grpc/definition.js';
import { CollectorService } from '../src/proto/touchline/v1/collector_pb.js';
import type { LoadJob, LoadResult } from './load-job.js';
import { touchpointMessage } from './messages.js';

/** Touchpoints of one stream: some seconds of a busy collector. */
const STREAM_ITEMS = 20_000;

/** Sends streams, one after the other on each connection, until the time is up. `size` is touchpoints a message. */
export async function streamLoad({
  port,
  writeKey,
  connections,
  seconds,
  size,
}: LoadJob): Promise<LoadResult> {
  const began = performance.now();
  const until = began + seconds * 1_000;
  const times: number[] = [];
  const statuses: Record<string, number> = {};
  let events = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      // Channels to one address would share a connection.
      const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
        'grpc.use_local_subchannel_pool': 1,
      });
      while (performance.now() < until) {
        const sent = performance.now();
        const { status, items } = await recordStream(client, writeKey, size, until);
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status !== 200) continue;
        events += items;
        times.push(performance.now() - sent);
      }
      client.close();
    }),
  );
  const took = (performance.now() - began) / 1_000;
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(share * (times.length - 1))] ?? 0;
  return { events, seconds: took, statuses, p50: at(0.5), p99: at(0.99), max: at(1) };
}

const PATH = pathOf(CollectorService.method.recordStream);
const same = (bytes: Buffer): Buffer => bytes;

/** @returns status 200, or that of gRPC */
async function recordStream(
  client: Client,
  writeKey: string,
  size: number,
  until: number,
): Promise<{ readonly status: number; readonly items: number }> {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${writeKey}`);
  const over = new AbortController();
  let answered: (status: number) => void = () => undefined;
  const answer = new Promise<number>((resolve) => (answered = resolve));
  const call = client.makeClientStreamRequest<Buffer, Buffer>(PATH, same, same, metadata, {}, (error) => {
    over.abort();
    answered(error ? error.code : 200);
  });
  let items = 0;
  while (!over.signal.aborted && items < STREAM_ITEMS && performance.now() < until) {
    items += size;
    if (!call.write(touchpointMessage(size)))
      await Promise.race([new Promise((drained) => call.once('drain', drained)), answer]);
  }
  call.end();
  return { status: await answer, items };
}
