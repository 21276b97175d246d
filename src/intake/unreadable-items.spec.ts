import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { StoreUnavailable } from '../event-store/event-store.js';
import { OverBudget } from '../http/admission/byte-budget.js';
import { Formats } from './formats/all.js';
import type { Format } from './format.js';
import { normalise } from './normalise.js';
import { json } from './openapi-parts.js';
import { Type } from './schema.js';

const errors: Readonly<Record<string, () => Error>> = {
  fault: () => new TypeError('no property of undefined'),
  stack: () => new RangeError('Maximum call stack size exceeded'),
  budget: () => new OverBudget('total'),
  store: () => new StoreUnavailable('down', 1),
};

/** A format that throws for the items that name an error. */
const faulty: Format = {
  name: 'faulty',
  requestBytes: 1_000_000,
  requestItems: 100,
  schema: Type.Object({}),
  endpoints: [
    {
      method: 'POST',
      path: '/faulty',
      call: 'faulty',
      decode: (_, body) => ({ items: JSON.parse(body.text) as unknown[] }),
      reply: (outcomes) => ({
        body: JSON.stringify(outcomes, (_, value: unknown) =>
          typeof value === 'bigint' ? String(value) : value,
        ),
      }),
      operation: {
        operationId: 'faulty',
        responses: { 200: { description: '', content: json('Faulty', {}) } },
      },
    },
  ],
  read: (item) => {
    const { id, error } = item as { id: string; error?: string };
    const made = error === undefined ? undefined : errors[error]?.();
    if (made) throw made;
    return {
      messageId: id,
      time: { timestamp: '2026-01-01T00:00:00Z', path: 'at' },
      facts: [
        { type: 'IdentityClaimed', stream: `identity-crm:${id}`, data: { identity: ['crm:1'] }, part: '' },
      ],
    };
  },
};

let server: IntakeServer;
beforeAll(async () => {
  server = await intakeServer({ formats: new Formats([faulty]) });
});
afterAll(() => server.stop());

const send = (items: readonly object[]): Promise<Response> =>
  fetch(`${server.url}/faulty`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.keys.writeKey}` },
    body: JSON.stringify(items),
  });

test.each(['fault', 'stack'])(
  'an item whose reading throws (%s) is rejected and logged, and the others of its request are recorded',
  async (error) => {
    const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const response = await send([{ id: `${error}-1` }, { id: `${error}-2`, error }, { id: `${error}-3` }]);
    const logged = log.mock.calls.flat().join('\n');
    log.mockRestore();
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject([
      { status: 'accepted' },
      { status: 'rejected', reason: { code: 'unreadable-item' } },
      { status: 'accepted' },
    ]);
    expect(logged).toMatch(/unreadable-items\.spec/);
    const { rows } = await server.database.pool.query<{ kept: string }>(
      `SELECT convert_from(payload, 'UTF8') AS kept FROM rejected WHERE code = 'unreadable-item'`,
    );
    expect(rows.map(({ kept }) => JSON.parse(kept) as unknown)).toContainEqual({ id: `${error}-2`, error });
  },
);

test.each([
  ['budget', OverBudget],
  ['store', StoreUnavailable],
])('an error of the state of the server (%s) is none of the item', (error, type) => {
  const origin = { workspace: 'main', collector: 'web', call: 'faulty', receivedAt: new Date('2026-03-01') };
  expect(() => normalise(faulty, origin, { id: '1', error })).toThrow(type);
});
