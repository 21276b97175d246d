// The load generator: a process of its own, so that its work and the server's do not wait for each other. It takes one job
// from its parent, does it, and answers with what it saw.
import { setTimeout as sleep } from 'node:timers/promises';
import { streamLoad } from './grpc-load.js';
import { Connection } from './http-client.js';
import type { LoadJob, LoadResult } from './load-job.js';
import { wireRequest } from './wire-formats.js';

/** Sends until the time is up and answers what came back. */
export async function load(job: LoadJob): Promise<LoadResult> {
  const began = performance.now();
  const until = began + job.seconds * 1_000;
  const times: number[] = [];
  const statuses: Record<string, number> = {};
  const pace = pacer(job);
  await Promise.all(
    Array.from({ length: job.connections }, async () => {
      const connection = new Connection('127.0.0.1', job.port);
      for (let turn = await pace(); turn < until; turn = await pace()) {
        const sent = performance.now();
        const { status } = await post(connection, job);
        statuses[status] = (statuses[status] ?? 0) + 1;
        // Against the time it was due, so that a slow answer is not hidden by the requests it held up.
        if (status >= 200 && status < 300)
          times.push(performance.now() - (job.rate === undefined ? sent : Math.min(sent, turn)));
        else await sleep(20);
      }
      connection.close();
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(share * (times.length - 1))] ?? 0;
  return { events: times.length * job.size, seconds, statuses, p50: at(0.5), p99: at(0.99), max: at(1) };
}

const post = (connection: Connection, job: LoadJob) => {
  const { writeKey, size, port, collector, format = size === 1 ? 'native' : 'segment' } = job;
  const { path, type, body, webhook } = wireRequest(format);
  const [sent, to] = [body(size), path.replace(':collector', collector?.id ?? '')];
  if (!webhook) {
    const key = `authorization: Bearer ${writeKey}\r\n`;
    return connection.send('POST', to, `${key}content-type: ${type}\r\n`, sent);
  }
  const signature = webhook.sign?.(`http://127.0.0.1:${port}${to}`, sent, collector?.signingKey ?? '') ?? '';
  return connection.send('POST', to, `${signature}content-type: ${type}\r\n`, sent);
};

/** Resolves when the next request is due, with that time. */
function pacer({ rate, size }: LoadJob): () => Promise<number> {
  if (rate === undefined) return () => Promise.resolve(performance.now());
  const gap = (size / rate) * 1_000;
  let next = performance.now();
  return async () => {
    const due = next;
    next += gap;
    const ahead = due - performance.now();
    if (ahead > 1) await sleep(ahead);
    return due;
  };
}

process.once('message', (job: LoadJob) => {
  void (job.streams ? streamLoad(job) : load(job)).then((seen) =>
    process.send?.(seen, () => process.disconnect()),
  );
});
