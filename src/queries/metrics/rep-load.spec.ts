import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ExampleApi, exampleApi } from '../../../test/example-api.js';
import { CARLA } from '../../../test/example-hand-offs.js';
import { EXAMPLE_READERS } from '../../../test/example-readers.js';
import { EXAMPLE } from '../../../test/example-workspace.js';
import { day, entry, type Entry, opportunityEvents, pageView } from '../../../test/sample-events.js';
import { identityKey, type IdentityKey, leadIdOf } from '../../domain/identity/keys.js';
import type { JourneyModel } from '../../domain/model/journey-model.js';
import type { RepLoadAnswer } from './rep-load.js';

const BEN = identityKey('email', 'ben@reader.example');

const document = (EXAMPLE[0]?.event.data as { document: JourneyModel }).document;
const ROUTING = {
  recipients: [
    { id: 'rep-7', name: 'Grace', kind: 'rep' as const, capacity: 4 },
    { id: 'rep-9', name: 'Idle', kind: 'partner' as const },
  ],
};

const handedOff = (key: IdentityKey, at: number, due: number): Entry => {
  const leadId = leadIdOf('main', key);
  return entry(`handed off ${key}`, `lead-${leadId}`, 'LeadHandedOff', at, {
    ...{ leadId, cycle: 1, modelVersion: 2, recipient: { id: 'rep-7', kind: 'rep' }, rule: 'all' },
    dueBy: day(due).toISOString(),
  });
};

/** Grace has Carla, a technical buyer, and Ben, who came from a partner and rots; and one opportunity with Carla's touches before it. */
const LOAD: readonly Entry[] = [
  entry('model 2', 'model', 'JourneyModelPublished', 67, {
    ...{ document: { ...document, routing: ROUTING }, by: 'ada@touchline.example' },
  }),
  pageView('ben reads', 67.5, [BEN], { source: 'partner' }),
  handedOff(BEN, 68, 68.5),
  ...opportunityEvents('opp-9', {
    ...{ name: 'Readers', amount: '5.00', openedAt: day(68), owner: 'rep-7' },
    contacts: [{ keys: [CARLA], role: 'user' }],
  }),
  ...opportunityEvents('opp-8', { name: 'Nobody', amount: '5.00', openedAt: day(65) }),
  handedOff(CARLA, 69, 2_000),
];

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  await api.add('main', [...EXAMPLE_READERS, ...LOAD]);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

const load = async (query = '') => (await api.get<RepLoadAnswer>(`/api/metrics/rep-load${query}`)).body;

test('a rep without cuts takes as much of the capacity as the load says', async () => {
  const { rows } = await load();
  expect(rows).toEqual([
    expect.objectContaining({
      ...{
        rep: 'rep-7',
        key: null,
        keys: [],
        label: 'Grace',
        openLeads: 2,
        rottenLeads: 1,
        openOpportunities: 1,
      },
      ...{ capacity: 4, load: 0.5, capacityShare: 0.5 },
    }),
    expect.objectContaining({ rep: 'rep-9', inProcess: 0, load: null, capacityShare: null }),
  ]);
});

test('the worked example: two personas of one rep share its capacity, and have its whole load', async () => {
  const { rows } = await load('?by=persona');
  expect(rows).toEqual([
    expect.objectContaining({
      ...{
        rep: 'rep-7',
        key: 'technical',
        keys: ['technical'],
        label: 'Grace | Technical buyer',
        kind: 'rep',
      },
      ...{ openLeads: 1, rottenLeads: 0, openOpportunities: 1, inProcess: 2 },
      ...{ capacity: 4, load: 0.5, capacityShare: 0.25 },
    }),
    expect.objectContaining({
      ...{
        key: null,
        label: 'Grace | (none)',
        openLeads: 1,
        rottenLeads: 1,
        inProcess: 1,
        capacityShare: 0.25,
      },
    }),
  ]);
});

test.each(['persona', 'source', 'segment', 'campaign', 'month', 'segment,month'])(
  'the load by %s has the totals of the load without cuts',
  async (by) => {
    const { openLeads, openOpportunities, opportunitiesWithoutOwner } = await load();
    const cut = await load(`?by=${by}`);
    expect(cut).toMatchObject({ openLeads, openOpportunities, opportunitiesWithoutOwner });
    const sum = cut.rows.reduce((all, { capacityShare }) => all + (capacityShare ?? 0), 0);
    if (!cut.rowsOverlap) expect(sum).toBe(0.5);
  },
);

test('the load in a segment has the capacity and the load of the whole rep', async () => {
  const inSegment = await load('?segment=price_readers');
  expect(inSegment).toMatchObject({ openLeads: 1, openOpportunities: 1, opportunitiesWithoutOwner: 0 });
  expect(inSegment.rows[0]).toMatchObject({ rep: 'rep-7', capacity: 4, load: 0.5, capacityShare: 0.25 });
});
