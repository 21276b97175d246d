import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { isReadRight } from '../../test/json-names.js';
import { nastyText as text, nastyValue as value } from '../../test/mutations.js';
import { SEGMENT_CALLS } from './formats/segment/item.js';
import { parseJson } from './json.js';

/** Law 9 with generated input: whatever is sent, it is in the log or whole in `rejected`, and never a 5xx. */
let server: IntakeServer;
beforeAll(async () => {
  server = await intakeServer();
});
afterAll(() => server.stop());

const named = (name: string): fc.Arbitrary<unknown> =>
  fc.oneof(
    value,
    fc.dictionary(fc.oneof(text.filter(isReadRight), fc.constantFrom(name, 'email', 'url', 'title')), value, {
      maxKeys: 4,
    }),
  );

const segmentItem = fc.oneof(
  value,
  fc.record(
    {
      type: fc.oneof({ weight: 9, arbitrary: fc.constantFrom<unknown>(...SEGMENT_CALLS) }, value),
      messageId: fc.uuid(),
      event: fc.oneof(
        value,
        fc.constantFrom('Form Submitted', 'Email Opened', 'File Downloaded', 'Webinar Attended'),
      ),
      userId: fc.oneof(fc.constant('u-1'), value),
      anonymousId: fc.oneof(fc.constant('a-1'), value),
      previousId: value,
      groupId: value,
      name: value,
      properties: named('content'),
      traits: named('email'),
      context: fc.oneof(
        value,
        fc.record(
          {
            page: named('url'),
            campaign: named('source'),
            traits: named('email'),
            userAgent: value,
            referrer: named('url'),
          },
          { requiredKeys: [] },
        ),
      ),
      timestamp: value,
      originalTimestamp: value,
      sentAt: value,
    },
    { requiredKeys: ['messageId'] },
  ),
);
const nativeItem = fc.oneof(
  value,
  fc.record(
    {
      messageId: fc.oneof(fc.uuid(), value),
      kind: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom<unknown>('page_view', 'email_open', 'custom') },
        value,
      ),
      userId: fc.oneof(fc.constant('u-1'), value),
      email: value,
      channel: fc.oneof(fc.constant('email'), value),
      source: value,
      content: named('url'),
      traits: named('email'),
      context: named('referrer'),
      occurredAt: value,
      anything: value,
    },
    { requiredKeys: ['messageId'] },
  ),
);

const post = (path: string, body: string): Promise<Response> =>
  fetch(server.url + path, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${server.keys.writeKey}` },
  });

/** As the server reads it: JSON has no NaN, no -0 and no undefined, and whole numbers beyond 2^53 are text. */
const asSent = <T>(sent: T): T => parseJson(JSON.stringify(sent)) as T;

async function keptPayloads(): Promise<string[]> {
  const { rows } = await server.database.pool.query<{ payload: Buffer }>(
    'SELECT payload FROM touchline.rejected',
  );
  return rows.map(({ payload }) => String(payload));
}

test('any JSON as native touchpoints: a receipt each, that holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(nativeItem, { minLength: 1, maxLength: 40 }), async (items) => {
      const answer = await post('/touchpoints', JSON.stringify(items));
      expect(answer.status).toBe(200);
      const { receipts } = (await answer.json()) as {
        receipts: { status: string; position: string; eventId: string }[];
      };
      expect(receipts).toHaveLength(items.length);
      const kept = new Set(await keptPayloads());
      for (const [index, { status, position, eventId }] of receipts.entries()) {
        if (status === 'rejected') expect(kept).toContain(JSON.stringify(asSent(items[index])));
        else expect((await server.store.readAll(BigInt(position) - 1n, 1))[0]?.id).toBe(eventId);
      }
    }),
    { numRuns: 40 },
  );
});

test('any JSON as items of a Segment batch: each in the log or kept whole', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(segmentItem, { minLength: 1, maxLength: 40 }), async (items) => {
      await server.database.pool.query('TRUNCATE touchline.rejected');
      const [head, batch] = [await server.store.head(), asSent(items)];

      const answer = await post('/v1/batch', JSON.stringify({ batch }));
      const again = await post('/v1/batch', JSON.stringify({ batch }));

      expect([answer.status, again.status]).toEqual([200, 200]);
      const kept = new Set(await keptPayloads());
      const accepted = batch.filter((item) => !kept.has(JSON.stringify(item)));
      const events = await server.store.readAll(head, 500);
      const meant = accepted.map((item) => ((item as { type: string }).type === 'group' ? 2 : 1));
      expect(events).toHaveLength(meant.reduce((sum, count) => sum + count, 0));
    }),
    { numRuns: 60 },
  );
});

test('what was accepted can be read by every later step', async () => {
  const { rows } = await server.database.pool.query<{ count: string }>(
    `SELECT count(*) FROM touchline.event WHERE jsonb_typeof(data::jsonb) = 'object' AND (data::jsonb)::text IS NOT NULL`,
  );
  expect(BigInt(rows[0]?.count ?? 0)).toBe(await server.store.head());
});
