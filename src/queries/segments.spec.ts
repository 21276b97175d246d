import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ExampleApi, exampleApi, HEAD } from '../../test/example-api.js';
import { leadIdOf } from '../domain/identity/keys.js';
import type { LeadsAnswer } from './leads.js';
import type { LeadSegmentsAnswer } from './lead-segments.js';
import type { SegmentMembersAnswer, SegmentOverlapAnswer, SegmentsAnswer } from './segments.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
});
afterAll(() => api?.close());

const ADA = leadIdOf('main', 'email:ada@acme.example');
const membersOf = async (query = ''): Promise<string[]> => {
  const { body } = await api.get<SegmentMembersAnswer>(`/api/segments/price_readers/members${query}`);
  return body.items.map(({ leadId }) => leadId);
};

describe('segments of the journey model', () => {
  test('are listed with their sizes, which are the numbers of their members', async () => {
    const { body } = await api.get<SegmentsAnswer>('/api/segments');
    expect(body.items.map(({ id }) => id)).toEqual(['price_readers', 'customers']);
    expect(body.items[0]?.size).toBe((await membersOf()).length);
    expect(await membersOf()).toContain(ADA);
  });

  test('list the same members page by page', async () => {
    const whole = await membersOf();
    const pages: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await api.get<SegmentMembersAnswer>(
        `/api/segments/price_readers/members?limit=1${cursor}`,
      );
      pages.push(...body.items.map(({ leadId }) => leadId));
      if (body.next === null) break;
      cursor = `&cursor=${body.next}`;
    }
    expect(pages).toEqual(whole);
  });

  test('count what two have in common and what is in either', async () => {
    const { body } = await api.get<SegmentOverlapAnswer>('/api/segments/overlap?ids=customers,price_readers');
    const [readers = 0, customers = 0] = body.segments.map(({ size }) => size);
    const [pair] = body.pairs;
    const { body: both } = await api.get<LeadsAnswer>(
      '/api/leads?segment=price_readers&lifecycle=customer&sort=leadId',
    );
    expect(pair).toMatchObject({ a: 'price_readers', b: 'customers', both: both.items.length });
    expect(pair?.either).toBe(readers + customers - both.items.length);
  });

  test('filter the list of leads', async () => {
    const { body } = await api.get<LeadsAnswer>('/api/leads?segment=price_readers&sort=leadId');
    expect(body.items.map(({ leadId }) => leadId)).toEqual((await membersOf()).toSorted());
  });

  test('are shown of a lead with the instants at which it entered and left', async () => {
    const { body } = await api.get<LeadSegmentsAnswer>(`/api/leads/${ADA}/segments`);
    expect(body.items.map(({ segment, leftAt }) => [segment, leftAt])).toEqual([
      ['customers', null],
      ['price_readers', null],
    ]);
  });

  test('have no members of other workspaces', async () => {
    const { body } = await api.get<SegmentsAnswer>('/api/segments', 'other');
    expect(body.items).toEqual([]);
  });
});

test.each([
  ['/api/segments/nobody/members', 404, 'segment-not-found'],
  ['/api/segments/overlap?ids=customers,nobody', 400, 'segment-unknown'],
  [`/api/segments/overlap?ids=${Array.from({ length: 21 }, (_, nr) => nr).join(',')}`, 400, 'ids-invalid'],
  ['/api/leads?segment=nobody', 400, 'segment-unknown'],
  ['/api/segments?limit=3', 400, 'parameter-unknown'],
  [`/api/segments?asOf=${HEAD + 1}`, 400, 'as-of-in-the-future'],
])('%s is refused with %i %s', async (path, status, code) => {
  const { status: answered, body } = await api.get<{ code: string }>(path);
  expect([answered, body.code]).toEqual([status, code]);
});
