import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { SIGNED_WEBHOOKS } from '../../test/signed-webhooks.js';
import { TcpProxy } from '../../test/tcp-proxy.js';
import { unsteadyStore } from '../../test/unsteady-store.js';
import { WebhookServer } from '../../test/webhook-server.js';

const PUBLIC_URL = 'https://touchline.acme.example';
const outage = unsteadyStore();
let hooks: WebhookServer;
let wire: TcpProxy;
beforeAll(async () => {
  hooks = await WebhookServer.start({
    wrap: (store) => outage.wrap(store),
    environment: { TOUCHLINE_PUBLIC_URL: PUBLIC_URL },
  });
  wire = await TcpProxy.start(Number(new URL(hooks.server.url).port));
});
afterAll(async () => {
  await wire.stop();
  await hooks.stop();
});

test.each(SIGNED_WEBHOOKS)(
  'events of $title that are sent again after 503 and broken connections are recorded once',
  async ({ format, secret, request }) => {
    const path = `/webhooks/${format}/${await hooks.addCollector({ name: format, format, secrets: [secret] })}`;
    const url = new URL(path, wire.through(hooks.server.url));
    const head = await hooks.server.store.head();
    const statuses: (number | undefined)[] = [];
    const send = async (nth: number): Promise<void> => {
      const answer = await fetch(url, { method: 'POST', ...request(nth, PUBLIC_URL + path) }).catch(
        () => undefined,
      );
      await answer?.arrayBuffer().catch(() => undefined);
      statuses.push(answer?.status);
    };

    outage.refuseNext(3);
    wire.delay(5);
    for (let nth = 0; nth < 10; nth += 1) {
      for (let tries = 0; tries === 0 || statuses.at(-1) !== 200; tries += 1) {
        // Some connections break after the event is recorded and before the answer arrives.
        const cut = nth % 2 === 1 && tries < 3 ? sleep(8 + 2 * tries).then(() => wire.cut()) : undefined;
        await send(nth);
        await cut;
      }
    }
    wire.restore();

    expect(statuses.filter((status) => status === 503)).toHaveLength(3);
    expect(statuses.filter((status) => status !== undefined && ![200, 503].includes(status))).toEqual([]);
    const { events, rejected } = await hooks.stored(head);
    expect([events.length, rejected]).toEqual([10, 0]);
  },
  60_000,
);
