import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TEST_MODEL } from '../../test/journeys.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { currentRows, type Rows } from '../../test/read-model-rows.js';
import { deleteReadModels, entry } from '../../test/sample-events.js';
import { every, projectInBatches } from '../../test/tangled-histories.js';
import { MemoryEventStore } from '../event-store/memory.js';
import type { Format } from '../intake/format.js';
import { crm } from '../intake/formats/crm.js';
import { hubspot } from '../intake/formats/hubspot.js';
import { salesforce } from '../intake/formats/salesforce.js';
import { Pipeline } from '../intake/pipeline.js';
import type { RejectedInput } from '../intake/rejected.js';

/** Law 5 from the message to the row, for activities that CRMs report again whenever they change. */

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const RECEIVED = new Date('2026-03-01');
const MODEL = entry('model', 'model', 'JourneyModelPublished', 0, {
  document: {
    ...TEST_MODEL,
    ...{ personas: [], contents: [], triggers: [] },
    stages: [{ id: 'met', name: 'Met', enter: [{ name: 'met', when: { kind: 'meeting' } }] }],
    scoring: { halfLifeDays: 30, rules: [{ name: 'meeting', when: { kind: 'meeting' }, points: 10 }] },
  },
});

async function projected(format: Format, items: readonly object[], size: number): Promise<Rows> {
  const store = new MemoryEventStore();
  await store.append([{ workspace: 'main', stream: 'model', expected: 'noStream', events: [MODEL.event] }]);
  const rejected: RejectedInput[] = [];
  const keep = (inputs: readonly RejectedInput[]) => Promise.resolve(void rejected.push(...inputs));
  const pipeline = new Pipeline(store, { keep });
  const origin = {
    ...{ workspace: 'main', collector: 'crm', call: format.name, receivedAt: RECEIVED },
    config: {
      ...{ id: 'c-1', workspace: 'main', name: 'crm', format: format.name, mapping: [], secrets: [] },
      settings: {},
    },
  };
  for (let from = 0; from < items.length; from += size)
    await pipeline.ingest(format, origin, { items: items.slice(from, from + size) });
  expect(rejected.map(({ reason }) => reason.code)).toEqual([]);
  const log = (await store.readAll(0n, 10_000)).map((event) => ({ ...event, recordedAt: RECEIVED }));
  await deleteReadModels(db.pool);
  await projectInBatches(db.pool, log, every(size, log.length));
  return currentRows(db.pool);
}

const counting = async (): Promise<string[]> => {
  const { rows } = await db.pool.query<{ said: string }>(
    `SELECT concat_ws(' ', name, identity[1], to_char(occurred_at AT TIME ZONE 'UTC', 'DD')) AS said
       FROM touchline.journey WHERE superseded_at IS NULL AND verdict <> 'superseded' ORDER BY 1`,
  );
  return rows.map(({ said }) => said);
};

/** Leads with touchpoints, now and as of the last position: both are computed apart. */
async function leads(): Promise<readonly object[]> {
  const read = async (asOf: string): Promise<readonly object[]> => {
    const { rows } = await db.pool.query<object>(
      `SELECT email, stage, score, touchpoints, first_touch_at, last_touch_at FROM touchline.lead_at(${asOf})
        WHERE touchpoints > 0 ORDER BY lead_id`,
    );
    return rows;
  };
  const now = await read('NULL');
  expect(await read('1000, 30')).toEqual(now);
  return now;
}

const own = (id: number, modified: number, data: object, more: object = {}): object => ({
  ...{ id: `m-${id}`, type: 'activity', occurredAt: `2026-01-0${id}T10:00:00Z`, ...more },
  data: { id: 'a-1', modifiedAt: `2026-02-0${modified}T10:00:00Z`, ...data },
});
const DEMO = { kind: 'meeting', contactId: '1' };

const salesforceEvent = (modified: number, fields: object): object => ({
  ...{ organizationId: '00D', notificationId: `n-${modified}`, objectType: 'Event' },
  fields: { Id: '00U1', SystemModstamp: `2026-02-0${modified}T10:00:00.000Z`, ...fields },
});
const hubspotCall = (occurredAt: number, more: object): object => ({
  ...{ eventId: occurredAt, portalId: 1, occurredAt: 1_767_225_600_000 + occurredAt * 1_000 },
  ...{ subscriptionType: 'object.associationChange', associationType: 'CALL_TO_CONTACT', fromObjectId: 7 },
  ...more,
});

/** What counts in the end. */
const CASES: readonly (readonly [string, Format, readonly object[], readonly string[]])[] = [
  [
    'a meeting that is moved to another day and then cancelled counts no more',
    crm,
    [
      own(1, 1, { ...DEMO, name: 'Demo' }),
      own(2, 2, { ...DEMO, name: 'Demo, moved' }),
      own(3, 3, { ...DEMO, name: 'Demo, moved', status: 'cancelled' }),
    ],
    [],
  ],
  [
    'a meeting that is moved twice counts on its last day, with its last name',
    crm,
    [1, 2, 3].map((nth) => own(nth, nth, { ...DEMO, name: `Demo ${nth}` })),
    ['Demo 3 crm:1 03'],
  ],
  [
    'a meeting that is planned again, and then took place, counts once',
    crm,
    [
      own(1, 1, { ...DEMO, name: 'Demo' }),
      own(2, 2, { status: 'planned' }),
      own(3, 3, { ...DEMO, name: 'Demo held' }),
    ],
    ['Demo held crm:1 03'],
  ],
  [
    'a meeting with two contacts counts for each until one is removed',
    crm,
    [
      own(1, 1, { ...DEMO, name: 'Demo' }),
      own(1, 1, { ...DEMO, name: 'Demo', contactId: '2' }, { id: 'other' }),
      own(1, 2, { ...DEMO, name: 'Demo alone', contactId: '2' }),
    ],
    ['Demo alone crm:2 01'],
  ],
  [
    'an event of Salesforce that is given to another contact counts for that one',
    salesforce,
    [
      salesforceEvent(1, { WhoId: '1', Subject: 'Demo', StartDateTime: '2026-01-05T10:00:00.000Z' }),
      salesforceEvent(2, { WhoId: '2', Subject: 'Demo', StartDateTime: '2026-01-06T10:00:00.000Z' }),
    ],
    ['Demo crm:2 06'],
  ],
  [
    'an event of Salesforce that is deleted counts no more',
    salesforce,
    [
      salesforceEvent(1, { WhoId: '1', Subject: 'Demo', StartDateTime: '2026-01-05T10:00:00.000Z' }),
      salesforceEvent(2, { WhoId: null, Subject: 'Demo' }),
      salesforceEvent(3, { IsDeleted: 'true' }),
    ],
    [],
  ],
  [
    'a contact that is taken off a call of HubSpot loses it, and the others keep it',
    hubspot,
    [
      hubspotCall(1, { toObjectId: 1 }),
      hubspotCall(2, { toObjectId: 2 }),
      hubspotCall(3, { toObjectId: 1, associationRemoved: true }),
    ],
    ['crm:2 01'],
  ],
  [
    'a call of HubSpot that is deleted counts for nobody',
    hubspot,
    [
      hubspotCall(1, { toObjectId: 1 }),
      hubspotCall(2, { toObjectId: 2 }),
      hubspotCall(3, { subscriptionType: 'object.deletion', objectTypeId: '0-48', objectId: 7 }),
    ],
    [],
  ],
];

function permutations<T>(all: readonly T[]): T[][] {
  if (all.length < 2) return [[...all]];
  return all.flatMap((first, nth) => permutations(all.toSpliced(nth, 1)).map((rest) => [first, ...rest]));
}

describe.each(CASES)('%s', (_, format, items, expected) => {
  test('in every order of arrival, one by one or at once, and when all is sent again', async () => {
    const rows = await projected(format, items, 1);
    expect(await counting()).toEqual(expected);
    for (const order of permutations(items))
      for (const size of [1, 100]) {
        expect(await projected(format, order, size)).toEqual(rows);
        expect(await projected(format, [...order, ...items], size)).toEqual(rows);
      }
  });
});

const LATEST = CASES.filter(([, format]) => format !== hubspot);
test.each(LATEST)('%s, and leads are as if only the last version had been sent', async (_, format, items) => {
  await projected(format, items.slice(-1), 1);
  const latest = await leads();
  for (const order of permutations(items)) {
    await projected(format, order, 1);
    expect(await leads()).toEqual(latest);
  }
});

/** Of two activities, three contacts and few times, so that versions meet. */
const report = fc
  .record({
    activity: fc.constantFrom('a-1', 'a-2'),
    contact: fc.constantFrom('1', '2', '3', null),
    kind: fc.constantFrom('meeting', 'sales_call'),
    at: fc.integer({ min: 1, max: 9 }),
    modified: fc.integer({ min: 1, max: 4 }),
    status: fc.constantFrom('done', 'done', 'done', 'planned', 'cancelled'),
  })
  .map(({ activity: id, contact: contactId, at, modified, ...data }) =>
    own(at, modified, { ...data, id, contactId, name: `${id} ${at}` }),
  );

test(
  'rows do not depend on the order, the batches and the repetition of reports of activities',
  () =>
    fc.assert(
      fc.asyncProperty(
        fc
          .array(report, { minLength: 3, maxLength: 20, size: 'max' })
          .chain((all) =>
            fc.tuple(
              fc.constant(all),
              fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 }),
              fc.integer({ min: 1, max: 12 }),
            ),
          ),
        async ([all, order, size]) => {
          const expected = await projected(crm, all, 1);
          expect(await projected(crm, order, size)).toEqual(expected);
        },
      ),
      { numRuns: Number(process.env['LAW_RUNS'] ?? 20), endOnFailure: true },
    ),
  300_000,
);
