import { setTimeout as sleep } from 'node:timers/promises';
import { API_KEY, WRITE_KEY } from '../test/e2e/server-process.js';
import type { Report } from './figure.js';
import { generate } from './generator.js';
import { Connection } from './http-client.js';
import { nativeEvent } from './messages.js';
import { withServer } from './server.js';

const RATE = 2_000;
const PROBE_EVERY_MS = 50;

/** How long after its answer an event shows in the query API, while others come in at a steady rate. */
export async function visible(report: Report, seconds: number): Promise<void> {
  await withServer({}, async (_, port) => {
    const job = { port, writeKey: WRITE_KEY, connections: 16, size: 10, rate: RATE };
    await generate({ ...job, seconds: 5 });
    const load = generate({ ...job, seconds: seconds + 2 });
    await sleep(1_000);
    const times = await probe(port, seconds);
    const { events, seconds: spent } = await load;
    times.sort((a, b) => a - b);
    const at = (share: number): number => times[Math.floor(share * (times.length - 1))] ?? 0;
    report({ name: `events a second meanwhile (${RATE} wanted)`, value: events / spent, unit: 'events/s' });
    report({ name: 'from answer to visible in the query API, p50', value: at(0.5), unit: 'ms' });
    report({
      name: 'from answer to visible in the query API, p99',
      value: at(0.99),
      unit: 'ms',
      atMost: 300,
    });
  });
}

/** Sends an event of a new person now and then, and asks for that person at the position of the receipt. */
async function probe(port: number, seconds: number): Promise<number[]> {
  const until = performance.now() + seconds * 1_000;
  const times: number[] = [];
  const running: Promise<void>[] = [];
  for (let nr = 0; performance.now() < until; nr += 1) {
    running.push(probeOnce(port, `probe-${process.pid}-${nr}`).then((ms) => void times.push(ms)));
    await sleep(PROBE_EVERY_MS);
  }
  await Promise.all(running);
  return times;
}

async function probeOnce(port: number, who: string): Promise<number> {
  const connection = new Connection('127.0.0.1', port);
  const json = 'content-type: application/json\r\n';
  const sent = await connection.send(
    'POST',
    '/touchpoints',
    `authorization: Bearer ${WRITE_KEY}\r\n${json}`,
    nativeEvent(who),
  );
  if (sent.status !== 200) throw new Error(`a probe was answered ${sent.status}: ${sent.body}`);
  const answered = performance.now();
  const { receipts } = JSON.parse(sent.body) as { receipts: { position: string }[] };
  const path = `/api/leads/anonymous:${who}?minPosition=${receipts[0]?.position}`;
  for (;;) {
    const { status } = await connection.send('GET', path, `authorization: Bearer ${API_KEY}\r\n`);
    if (status === 200) break;
    await sleep(5);
  }
  connection.close();
  return performance.now() - answered;
}
