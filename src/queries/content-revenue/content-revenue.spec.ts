import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { type ExampleApi, exampleApi } from '../../../test/example-api.js';
import { EXAMPLE_READERS } from '../../../test/example-readers.js';
import { EXAMPLE_SALES, SALES } from '../../../test/example-sales.js';
import { EXAMPLE } from '../../../test/example-workspace.js';
import { type Entry, pageView } from '../../../test/sample-events.js';
import type { AttributionAnswer } from '../attribution.js';
import type { NextContentAnswer } from '../sequences/next-content-answer.js';
import type { ContentRevenueAnswer } from './content-revenue-answer.js';

/** Who downloads the primer on a day, reads a content on the next, and asks for a demo ten days later or not. */
function reader(name: string, content: string | null, asks: boolean): Entry[] {
  const identity = [`email:${name}@many.example`] as const;
  const view = (at: number, id: string, more = {}) =>
    pageView(`${name} ${id}`, at, identity, { content: { id }, traits: { title: 'CTO' }, ...more });
  return [
    view(2, 'primer', { kind: 'content_download' }),
    ...(content === null ? [] : [view(3, content)]),
    ...(asks ? [view(13, 'pricing', { kind: 'demo_request' })] : []),
  ];
}
const six = (content: string, asking: number) =>
  Array.from({ length: 6 }, (_, nr) => reader(`${content}-${nr}`, content, nr < asking)).flat();

const page = await readFile(new URL('../../../docs/content.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```sh\napi (\S+)(.*)\n```\n\n```json\n([^`]+)```/g)].map(
  ([, path = '', parameters = '', answer = '']) => ({
    path,
    query: [...parameters.matchAll(/-d (\S+)/g)].map(([, parameter]) => parameter).join('&'),
    answer: JSON.parse(answer) as object,
  }),
);

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  await api.add('main', EXAMPLE_READERS);
  await api.add('sales', EXAMPLE_SALES);
  const many = [...six('case-study', 4), ...six('blog', 1), ...reader('newcomer', null, false)];
  await api.add('many', [...EXAMPLE.slice(0, 1), ...many]);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

describe('the revenue of a content', () => {
  const report = async (content: string, query = '', workspace = 'sales') =>
    (await api.get<ContentRevenueAnswer>(`/api/contents/${content}/revenue?${query}`, workspace)).body;

  test('is its credit by every model, as attribution reports it', async () => {
    const { credit, opportunities, largest } = await report('primer');
    expect(credit.find(({ model }) => model === 'linear')).toMatchObject({
      ...{ value: { amount: '2333.34' }, share: 0.233334, opportunities: 3, touches: 4 },
    });
    const reported = await Promise.all(
      credit.map(async ({ model }) => {
        const { body } = await api.get<AttributionAnswer>(`/api/attribution?model=${model}`, 'sales');
        const row = body.rows.find(({ key }) => key === 'primer');
        return [row?.value.amount ?? '0.00', row?.share ?? 0, row?.opportunities ?? 0, row?.touches ?? 0];
      }),
    );
    expect(credit.map((row) => [row.value.amount, row.share, row.opportunities, row.touches])).toEqual(
      reported,
    );
    expect(opportunities).toMatchObject({ touched: 3, amount: { amount: '6000.00' }, all: 4 });
    expect(largest.map(({ opportunityId, touches }) => [opportunityId, touches])).toEqual([
      ['sale-2', 2],
      ['sale-1', 1],
      ['sale-0', 1],
    ]);
  });

  test('comes with the stages in which it is met, and what its readers had before and after it', async () => {
    const { touches, leads, stages, before, after } = await report('primer');
    expect([touches, leads, stages]).toEqual([7, 6, [{ key: null, label: '(none)', touches: 7, leads: 6 }]]);
    expect(before.map(({ key, times, leads: people }) => [key, times, people])).toEqual([
      [null, 4, 4],
      ['blog', 1, 1],
      ['case-study', 1, 1],
    ]);
    expect(after.map(({ label, times }) => [label, times])).toEqual([
      ['case-study', 4],
      ['blog', 1],
      ['Pricing', 1],
    ]);
    const { stages: others } = await report('case-study', '', 'main');
    expect(others.map(({ key, label }) => [key, label])).toEqual([['explore', 'Explore']]);
  });

  test('comes with win rate and days to close with and without it, by touches before the opening', async () => {
    const { outcomes } = await report('primer');
    expect(outcomes.with).toMatchObject({ won: 3, lost: 2, daysP25: 26.5, daysMedian: 26.5, daysP75: 27.5 });
    expect(outcomes.without).toMatchObject({ won: 1, lost: 2, daysMedian: 28.5 });
    expect(outcomes.ratio?.value).toBe(1.8);
    // Read after the opening by all but one.
    expect((await report('pricing')).outcomes.with).toMatchObject({ won: 1, lost: 0 });
  });

  test('comes with how often leads advance with and without it', async () => {
    const { advancement } = await report('case-study', 'from=2026-01-06&to=2026-01-12', 'main');
    expect(advancement).toEqual({
      ...{ withinDays: 30, leads: 2, compared: 2, advancedWith: 0.5, advancedWithout: 0, lift: null },
    });
  });

  test('is of a content whose id is percent-encoded, and of none that nobody names', async () => {
    const url = encodeURIComponent('https://a.example/?a=b#c d');
    expect(await api.get(`/api/contents/${url}/revenue`, 'sales')).toMatchObject({
      ...{ status: 404, body: { code: 'content-not-found' } },
    });
    await api.add('urls', [
      ...EXAMPLE.slice(0, 1),
      pageView('url', 3, ['email:u@url.example'], { content: { id: 'https://a.example/?a=b#c d' } }),
    ]);
    await api.runner.catchUp();
    expect(await report(url, '', 'urls')).toMatchObject({ touches: 1, outcomes: { ratio: null } });
    expect((await api.get(`/api/contents/${url}/revenue`, 'sales')).status).toBe(404);
  });

  test('does not change as of a position', async () => {
    const before = await report('blog', '', 'many');
    await api.add('many', reader('late', 'blog', true));
    await api.runner.catchUp();
    expect((await report('blog', '', 'many')).touches).toBe(before.touches + 1);
    expect(await report('blog', `asOf=${before.asOf}`, 'many')).toEqual(before);
  });
});

describe('the next content', () => {
  const next = async (query: string, workspace = 'main') =>
    (await api.get<NextContentAnswer>(`/api/contents/next?${query}`, workspace)).body;
  const counts = ({ rows }: Pick<NextContentAnswer, 'rows'>) =>
    rows.map((row) => [row.key, row.journeys, row.advanced, row.journeysWithout, row.advancedWithout]);

  test('is that of journeys of the persona in the stage, by the lower end of conversion', async () => {
    // Ada came on by the prices, Carla by the case study; Dora, Emil and Fred did not in time.
    const answer = await next('persona=technical&stage=explore');
    expect(answer).toMatchObject({ journeys: 5, advanced: 2, similarity: 'stage' });
    expect(counts(answer)).toEqual([
      ['buying-guide', 1, 1, 4, 1],
      ['pricing', 1, 1, 4, 1],
      ['case-study', 2, 1, 3, 1],
      ['primer', 4, 1, 1, 1],
      ['blog', 2, 0, 3, 2],
    ]);
    expect(answer.rows.every(({ smallSample }) => smallSample)).toBe(true);
  });

  test('for a lead is one that it has not seen, and says where too few went on from its last content', async () => {
    const answer = await next('lead=email:dora@reader.example');
    expect(answer).toMatchObject({
      persona: 'technical',
      stage: 'explore',
      after: 'case-study',
      similarity: 'stage',
    });
    expect(answer.rows.map(({ key }) => key)).toEqual(['buying-guide', 'pricing', 'blog']);
    expect(answer.cautions[0]).toMatch(/^Fewer than 10 journeys went on from case-study/);
  });

  test('after a content is what journeys went on to from it', async () => {
    const asOf = (await next('persona=technical&stage=explore', 'many')).asOf;
    const answer = await next(`lead=email:newcomer@many.example&asOf=${asOf}`, 'many');
    expect(answer).toMatchObject({ after: 'primer', similarity: 'stage_and_content' });
    expect(counts(answer).map(([key]) => key)).toEqual(['case-study', 'blog']);
    expect(counts(answer)[0]).toEqual(['case-study', 6, 4, answer.journeys - 6, answer.advanced - 4]);
    const { leadId: _, ...same } = await next(
      `persona=technical&stage=explore&after=primer&asOf=${asOf}`,
      'many',
    );
    expect(same).toMatchObject({ rows: answer.rows });
  });

  test.each([
    ['persona=technical', 'stage-missing', 'stage'],
    ['persona=technical&stage=nowhere', 'stage-unknown', 'stage'],
    ['lead=email:dora@reader.example&stage=explore', 'stage-invalid', 'stage'],
    ['lead=dora', 'lead-id-invalid', 'id'],
    ['persona=technical&stage=explore&withinDays=0', 'within-days-invalid', 'withinDays'],
  ])('is refused for %s with the code %s', async (query, code, path) => {
    const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(
      `/api/contents/next?${query}`,
    );
    expect([status, body.code, body.errors[0]?.path]).toEqual([400, code, path]);
  });
});

describe('docs/content.md', () => {
  test('has the opportunities of the example, and an example of each query', () => {
    const listed = [...page.matchAll(/^\| sale-\d +\| (.*?) +\| (\w+) +\| (\S+) +\|$/gm)].map(
      ([, ...cells]) => cells,
    );
    const all = SALES.map(([journey, outcome, amount]) => [journey.replace('|', 'opened'), outcome, amount]);
    expect(listed).toEqual(all);
    expect(new Set(examples.map(({ path }) => path)).size).toBe(3);
  });

  test.each(examples)('has what the API answers to $path', async ({ path, query, answer }) => {
    const { body } = await api.get<object>(
      `/api/${path}?${query}`,
      path === 'contents/next' ? 'main' : 'sales',
    );
    expect(body).toMatchObject(answer);
  });
});
