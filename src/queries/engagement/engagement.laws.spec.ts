import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { engagementHistory, publish } from '../../../test/engagement-histories.js';
import { type ExampleApi, exampleApi } from '../../../test/example-api.js';
import { pageView } from '../../../test/sample-events.js';
import { hookRows } from '../../../test/hooks-oracle.js';
import { influenceRows } from '../../../test/influence-oracle.js';
import { HOOKS } from '../../domain/engagement/hook-counts.js';
import type { Period } from '../metrics/buyer-touches.js';
import { comparison } from '../metrics/content-influence.js';
import { ReadModels, type View } from '../read-models.js';
import { EngagementCounter } from './engagement-counter.js';
import { type HookQuery, hookCells, type InfluenceQuery, influenceCells } from './engagement-queries.js';
import type { Engagement } from './engagement.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
});
afterAll(() => api?.close());

const ALL = { start: 0, end: 10_000 };
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const filters = {
  persona: maybe(fc.constantFrom('technical', 'economic')),
  stage: maybe(fc.constantFrom('explore', 'evaluate')),
  segment: maybe(fc.constant('price_readers')),
};
const period = fc.record({
  from: fc.option(fc.constantFrom(new Date('2026-01-05'), new Date('2026-01-31T23:00:00Z')), { freq: 2 }),
  to: fc.option(fc.constantFrom(new Date('2026-02-01'), new Date('2026-02-28T23:00:00Z')), { freq: 2 }),
});
const besides = fc.subarray(['persona', 'segment', 'stage', 'month'] as const);
const hookQuery: fc.Arbitrary<HookQuery> = fc
  .record({ hook: fc.constantFrom(undefined, ...HOOKS), besides, monthFirst: fc.boolean(), ...filters })
  .map(({ hook, besides: others, monthFirst, ...rest }) => {
    const by = [...(hook ? [hook] : []), ...others];
    if (by.length === 0) by.push('content');
    return { by: monthFirst ? by.reverse() : by, ...rest };
  });
const influenceQuery: fc.Arbitrary<InfluenceQuery> = fc
  .record({ besides, monthFirst: fc.boolean(), withinDays: fc.constantFrom(1, 7, 30), ...filters })
  .map(({ besides: others, monthFirst, ...rest }) => ({
    by: monthFirst ? [...others.toReversed(), 'content' as const] : ['content' as const, ...others],
    ...rest,
  }));
const question = fc.record({ period, hooks: hookQuery, influence: influenceQuery, sinceBatch: fc.nat(3) });

/** With the figures as they are shown. */
const shown = <Row extends { compared: number; advanced: number; expected: number }>(rows: readonly Row[]) =>
  rows.map(({ compared, advanced, expected, ...row }) => ({
    ...row,
    ...comparison({ compared, advanced, expected }),
  }));

async function compare(
  view: View,
  counters: readonly Engagement[],
  { period: of, hooks, influence }: { period: Period; hooks: HookQuery; influence: InfluenceQuery },
): Promise<void> {
  const hooked = await hookRows(view, of, hooks);
  const influenced = shown(await influenceRows(view, of, influence));
  for (const counter of counters) {
    expect((await hookCells(view, counter, of, hooks, ALL)).cells).toEqual(hooked);
    expect(shown((await influenceCells(view, counter, of, influence, ALL)).cells)).toEqual(influenced);
  }
}

const MB = 1024 * 1024;
const NOTHING = { persona: undefined, stage: undefined, segment: undefined };
const BY_MONTH: HookQuery = { by: ['month'], ...NOTHING };

/** What reports by month answer at a position. */
const monthsAt = (counter: Engagement, workspace: string, asOf?: bigint): Promise<string> =>
  api.app.get(ReadModels).view({ workspace, asOf, minPosition: undefined }, ['journey'], async (view) => {
    const always = { from: null, to: null };
    const hooks = await hookCells(view, counter, always, BY_MONTH, ALL);
    const asked: InfluenceQuery = { by: ['content', 'month'], withinDays: 7, ...NOTHING };
    const influence = await influenceCells(view, counter, always, asked, ALL);
    return JSON.stringify({ asOf: String(view.asOf), hooks, influence });
  });

test('counts in memory are those of SQL, at any position, however histories arrive and memory is bounded', async () => {
  const models = api.app.get(ReadModels);
  const counterOf = (bytes: number) => new EngagementCounter(api.db.pool, { bytes, idleMs: 60_000 });
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      engagementHistory,
      fc.array(question, { minLength: 4, maxLength: 4 }),
      async (batches, questions) => {
        runs += 1;
        const workspace = `run-${runs}`;
        const moving = counterOf(MB);
        const heads: bigint[] = [];
        const months: string[] = [];
        for (const [nth, batch] of batches.entries()) {
          heads.push(await api.add(workspace, batch));
          await api.runner.catchUp();
          const asked = questions[nth]!;
          for (const asOf of new Set([undefined, heads[Math.min(asked.sinceBatch, nth)]]))
            await models.view(
              { workspace, asOf, minPosition: undefined },
              ['journey', 'catalogue', 'follow_segments'],
              (view) => compare(view, [moving, counterOf(2_000)], asked),
            );
          months.push(await monthsAt(moving, workspace, heads[nth]));
        }
        for (const [nth, head] of heads.entries())
          for (const counter of [moving, counterOf(MB)])
            expect(await monthsAt(counter, workspace, head)).toBe(months[nth]);
      },
    ),
    { numRuns: 8 },
  );
});

test('months are those of the time zone at the position, before and after a publication with another one', async () => {
  const counter = new EngagementCounter(api.db.pool, { bytes: MB, idleMs: 60_000 });
  // 31 January, 23:17 UTC.
  const touch = pageView('border', 30.97, ['email:zoe@border.example'], { content: { id: 'pricing' } });
  const before = await api.add('zones', [publish('Europe/Berlin', 'zones'), touch]);
  await api.runner.catchUp();
  expect(await monthsAt(counter, 'zones')).toContain('"2026-02"');
  await api.add('zones', [publish('America/New_York', 'other zone')]);
  await api.runner.catchUp();
  expect(await monthsAt(counter, 'zones')).toContain('"2026-01"');
  expect(await monthsAt(counter, 'zones', before)).toContain('"2026-02"');
});
