import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { API_KEY, SERVER_WRITE_KEY, WRITE_KEY } from '../test/e2e/server-process.js';
import type { Report } from './figure.js';
import { generate } from './generator.js';
import { Connection } from './http-client.js';
import { currentModel, sendModel } from './model.js';
import { getJson } from './query-api.js';
import { withServer } from './server.js';

const RATE = 2_000;
/** Of these, people who ask for a demo: each qualifies, is handed off, enters a segment and is sent to a webhook. */
const BUYERS = 20;
const REACTORS = [
  'qualify_leads',
  'hand_off_leads',
  'watch_handoffs',
  'follow_segments',
  'deliver_webhooks',
] as const;
const ENV = { TOUCHLINE_WEBHOOK_NETWORKS: '127.0.0.0/8', TOUCHLINE_WEBHOOK_HTTP: 'true' };

/** How far reactors are behind the log after a while of events at a steady rate, in a server with all roles. */
export async function reactors(report: Report, seconds: number): Promise<void> {
  const webhook = await webhookSink();
  await withServer(ENV, async (_, port) => {
    await sendModel(port, 'PUT', '/api/model', stringify(salesModel(await currentModel(port))));
    await addWebhook(port, webhook.url);
    const job = { port, writeKey: WRITE_KEY, connections: 16, size: 10, rate: RATE - BUYERS };
    await generate({ ...job, seconds: 8 });
    const load = generate({ ...job, seconds });
    await buyers(port, seconds);
    const { events, seconds: spent } = await load;
    const ended = performance.now();
    report({
      name: `events a second meanwhile (${RATE} wanted)`,
      value: events / spent + BUYERS,
      unit: 'events/s',
    });
    const { behind, doneAfter } = await lagsOf(port, ended);
    for (const name of REACTORS)
      report({
        name: `${name}: behind the log at the end`,
        value: behind.get(name) ?? NaN,
        unit: 'events',
        atMost: RATE,
      });
    report({ name: '  until all had read all', value: doneAfter / 1_000, unit: 's' });
    const wanted = Math.round(BUYERS * seconds);
    report({ name: '  leads handed off', value: await handedOff(port), unit: 'leads', atLeast: wanted });
    report({
      name: '  messages to the webhook',
      value: webhook.received(),
      unit: 'messages',
      atLeast: 2 * wanted,
    });
  }).finally(() => webhook.close());
}

/** The model in effect with a lead definition that a demo meets, a recipient, deadlines and a segment. */
const salesModel = (model: object): object => ({
  ...model,
  ...{ name: 'Bench', leadDefinitions: [{ minScore: 30 }] },
  routing: { recipients: [{ id: 'ada', name: 'Ada', kind: 'rep' }] },
  serviceLevels: [{ name: 'all', dueWithinHours: 4, warnHoursBefore: 1 }],
  segments: [{ id: 'demos', name: 'Asked for a demo', when: { did: [{ when: { kind: 'demo_request' } }] } }],
});

async function addWebhook(port: number, url: string): Promise<void> {
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ url });
  const answer = await fetch(`http://127.0.0.1:${port}/api/webhooks`, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`a webhook was answered ${answer.status}: ${await answer.text()}`);
}

/** Sends people who ask for a demo, at a steady rate. */
async function buyers(port: number, seconds: number): Promise<void> {
  const connection = new Connection('127.0.0.1', port);
  const began = performance.now();
  for (let nr = 0; nr < BUYERS * seconds; nr += 1) {
    await sleep(Math.max(0, began + (nr / BUYERS) * 1_000 - performance.now()));
    const body = JSON.stringify({
      ...{
        messageId: `demo-${process.pid}-${nr}`,
        kind: 'demo_request',
        occurredAt: new Date().toISOString(),
      },
      ...{ email: `buyer-${nr}@company-${nr}.example`, content: { url: 'https://www.example.com/demo' } },
    });
    const headers = `authorization: Bearer ${SERVER_WRITE_KEY}\r\ncontent-type: application/json\r\n`;
    const { status, body: answer } = await connection.send('POST', '/touchpoints', headers, body);
    if (status !== 200) throw new Error(`a demo was answered ${status}: ${answer}`);
  }
  connection.close();
}

/** How many events each reactor has yet to read now, and how long after `ended` nobody had any, in ms. */
async function lagsOf(
  port: number,
  ended: number,
): Promise<{ behind: ReadonlyMap<string, number>; doneAfter: number }> {
  let behind: ReadonlyMap<string, number> | undefined;
  for (;;) {
    const { projections } = JSON.parse(await getJson(port, '/api/projections')) as {
      projections: readonly { name: string; lag: number }[];
    };
    behind ??= new Map(projections.map(({ name, lag }) => [name, lag]));
    if (projections.every(({ lag }) => lag === 0)) return { behind, doneAfter: performance.now() - ended };
    await sleep(50);
  }
}

async function handedOff(port: number): Promise<number> {
  const load = JSON.parse(await getJson(port, '/api/metrics/rep-load')) as { openLeads: number };
  return load.openLeads;
}

/** A receiver of webhooks that takes everything. */
async function webhookSink(): Promise<{ url: string; received: () => number; close: () => void }> {
  let received = 0;
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      received += 1;
      response.writeHead(204).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, received: () => received, close: () => void server.close() };
}
