import { setTimeout as sleep } from 'node:timers/promises';
import { API_KEY, SERVER_WRITE_KEY, WRITE_KEY } from '../test/e2e/server-process.js';
import type { Report } from './figure.js';
import { generate } from './generator.js';
import { type Answer, Connection } from './http-client.js';
import { nativeEvent } from './messages.js';
import { withServer } from './server.js';

const RATE = 2_000;
const PROBE_EVERY_MS = 50;
const OPPORTUNITIES = 500;

/** How long after its answer an event shows in the query API, while others come in at a steady rate. */
export async function visible(report: Report, seconds: number): Promise<void> {
  await withServer({}, async (_, port) => {
    const job = { port, writeKey: WRITE_KEY, connections: 16, size: 10, rate: RATE };
    await generate({ ...job, seconds: 5 });
    await openOpportunities(port);
    for (const [what, probe, atMost] of [
      ['a person', probePerson, 300],
      ['credit of an open opportunity', probeCredit, 1_000],
    ] as const) {
      const load = generate({ ...job, seconds: seconds + 2 });
      await sleep(1_000);
      const times = await probing(seconds, (nr) => probe(port, nr));
      const { events, seconds: spent } = await load;
      times.sort((a, b) => a - b);
      const at = (share: number): number => times[Math.floor(share * (times.length - 1))] ?? 0;
      report({ name: `events a second meanwhile (${RATE} wanted)`, value: events / spent, unit: 'events/s' });
      report({ name: `from answer to ${what} visible, p50`, value: at(0.5), unit: 'ms' });
      report({ name: `from answer to ${what} visible, p99`, value: at(0.99), unit: 'ms', atMost });
    }
  });
}

/** Starts a probe now and then. @returns how long each took, in ms */
async function probing(seconds: number, probe: (nr: number) => Promise<number>): Promise<number[]> {
  const until = performance.now() + seconds * 1_000;
  const times: number[] = [];
  const running: Promise<void>[] = [];
  for (let nr = 0; performance.now() < until; nr += 1) {
    running.push(probe(nr).then((ms) => void times.push(ms)));
    await sleep(PROBE_EVERY_MS);
  }
  await Promise.all(running);
  return times;
}

const HOUR_MS = 3_600_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
const opportunityOf = (nr: number): string => `visible-${nr % OPPORTUNITIES}`;
const contactOf = (nr: number): string =>
  `contact-${nr % OPPORTUNITIES}@visible-${nr % OPPORTUNITIES}.example`;

/** So that each probe finds one; a probe adds a touch to the next. */
async function openOpportunities(port: number): Promise<void> {
  const opportunities = Array.from({ length: OPPORTUNITIES }, (_, nr) => ({
    ...{ opportunityId: opportunityOf(nr), amount: '1000.00', currency: 'USD', stage: 'discovery' },
    ...{ openedAt: ago(HOUR_MS), contacts: [{ email: contactOf(nr), role: 'decision_maker' }] },
  }));
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
  const url = `http://127.0.0.1:${port}/api/opportunities`;
  const answer = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(opportunities) });
  if (!answer.ok) throw new Error(`opportunities were answered ${answer.status}: ${await answer.text()}`);
}

/** Sends a touchpoint of a contact from before the opening, and waits until the opportunity has a credit for it. */
async function probeCredit(port: number, nr: number): Promise<number> {
  const connection = new Connection('127.0.0.1', port);
  const touchpoint = {
    ...{ messageId: `credit-${process.pid}-${nr}`, kind: 'page_view', email: contactOf(nr) },
    ...{ occurredAt: ago(2 * HOUR_MS), content: { url: `https://www.example.com/visible/${nr}` } },
  };
  const headers = `authorization: Bearer ${SERVER_WRITE_KEY}\r\ncontent-type: application/json\r\n`;
  const sent = await connection.send('POST', '/touchpoints', headers, JSON.stringify(touchpoint));
  const { position, eventId } = receiptOf(sent);
  const answered = performance.now();
  const path = `/api/opportunities/${opportunityOf(nr)}/attribution?metric=pipeline&minPosition=${position}`;
  for (;;) {
    const { status, body } = await connection.send('GET', path, `authorization: Bearer ${API_KEY}\r\n`);
    if (status === 200 && body.includes(eventId)) break;
    await sleep(5);
  }
  connection.close();
  return performance.now() - answered;
}

function receiptOf({ status, body }: Answer): { readonly position: string; readonly eventId: string } {
  const receipt =
    status === 200
      ? (JSON.parse(body) as { receipts: { position: string; eventId: string }[] }).receipts[0]
      : undefined;
  if (!receipt) throw new Error(`a probe was answered ${status}: ${body}`);
  return receipt;
}

/** Sends an event of a new person, and asks for that person at the position of the receipt. */
async function probePerson(port: number, nr: number): Promise<number> {
  const who = `probe-${process.pid}-${nr}`;
  const connection = new Connection('127.0.0.1', port);
  const headers = `authorization: Bearer ${WRITE_KEY}\r\ncontent-type: application/json\r\n`;
  const { position } = receiptOf(await connection.send('POST', '/touchpoints', headers, nativeEvent(who)));
  const answered = performance.now();
  const path = `/api/leads/anonymous:${who}?minPosition=${position}`;
  for (;;) {
    const { status } = await connection.send('GET', path, `authorization: Bearer ${API_KEY}\r\n`);
    if (status === 200) break;
    await sleep(5);
  }
  connection.close();
  return performance.now() - answered;
}
