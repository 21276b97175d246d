import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dates, day, touch } from '../../../test/path-touches.js';
import { CHANNELS, TOUCHPOINT_KINDS, type Channel, type TouchpointKind } from '../touchpoint.js';
import { playerName, PLAYERS } from './players.js';
import { MILESTONES, type Milestone } from './touches.js';
import {
  DIRECT,
  parseTransforms,
  type PathTouch,
  type PathTransforms,
  REPEATS,
  transformPath,
} from './transforms.js';

/** Letters are campaigns. */
const letters = (text: string): PathTouch[] =>
  text.split(' ').map((campaign, at) => touch(at + 1, { campaign }));
const named = (player: string): string => {
  const { value, times } = playerName(player);
  return times === undefined ? (value ?? '(none)') : `${value ?? '(none)'}(${times})`;
};
const after = (path: readonly PathTouch[], transforms: PathTransforms, player = PLAYERS[3] as 'campaign') =>
  transformPath(path, transforms, player, dates);

describe('repeats, by the example in Snowplow’s dbt-snowplow-fractribution (macros/path_transformations)', () => {
  test.each([
    ['unique', 'D A B B C D C C'],
    ['exposure', 'D A B C D C'],
    ['first', 'D A B C'],
    ['frequency', 'D(2) A(1) B(2) C(3)'],
  ] as const)('%s makes D A B B C D C C into %s', (repeats, expected) =>
    expect(
      after(letters('D A B B C D C C'), { repeats })
        .map(({ player }) => named(player))
        .join(' '),
    ).toBe(expected),
  );

  test('touches without a value are one player, which no campaign can be named like', () => {
    const path = [touch(1), touch(2), touch(3, { campaign: '(none)' })];
    expect(after(path, { repeats: 'exposure' }).map(({ player }) => playerName(player).value)).toEqual([
      null,
      '(none)',
    ]);
  });

  test('the touch that stays takes the milestones of its repeats', () => {
    const path = [
      touch(1, { campaign: 'A', milestones: ['first'] }),
      touch(2, { campaign: 'A', milestones: ['lead_created', 'opportunity_created'] }),
      touch(3, { campaign: 'B', milestones: ['close'] }),
    ];
    expect(after(path, { repeats: 'first' }).map((step) => step.touch.milestones)).toEqual([
      ['first', 'lead_created', 'opportunity_created'],
      ['close'],
    ]);
  });
});

describe('direct, by the example in dbt-snowplow-fractribution (remove_if_not_all, remove_if_last_and_not_all)', () => {
  const path = (text: string): PathTouch[] =>
    text.split(' ').map((each, at) => touch(at + 1, { channel: each === 'A' ? 'direct' : 'email' }));
  test.each([
    ['A B A A', 'keep', 'A B A A'],
    ['A B A A', 'drop', 'B'],
    ['A B A A', 'drop_unless_all', 'B'],
    ['A B A A', 'drop_trailing_unless_all', 'A B'],
    ['A A', 'drop', ''],
    ['A A', 'drop_unless_all', 'A A'],
    ['A A', 'drop_trailing_unless_all', 'A A'],
  ] as const)('%s with direct=%s becomes %j', (text, direct, expected) =>
    expect(
      transformPath(path(text), { direct }, 'channel', dates)
        .map(({ player }) => (player === 'direct' ? 'A' : 'B'))
        .join(' '),
    ).toBe(expected),
  );
});

describe('filters', () => {
  const path = [
    touch(1, { kind: 'page_view', channel: 'paid_search' }),
    touch(10, { kind: 'webinar_attended', channel: 'event', leadId: 'bob' }),
    touch(20, { kind: 'form_fill', channel: 'email' }),
    touch(30, { kind: 'page_view', channel: 'direct' }),
  ];
  test.each<[PathTransforms, number[]]>([
    [{}, [0, 1, 2, 3]],
    [{ kinds: ['page_view'] }, [0, 3]],
    [{ withoutKinds: ['page_view'] }, [1, 2]],
    [{ channels: ['event', 'email'] }, [1, 2]],
    [{ withoutChannels: ['event'] }, [0, 2, 3]],
    [{ kinds: ['page_view'], withoutChannels: ['direct'] }, [0]],
    [{ lookbackDays: 11 }, [2, 3]],
    [{ lookbackSteps: 3 }, [1, 2, 3]],
    [{ lookbackSteps: 9 }, [0, 1, 2, 3]],
    [{ minTouchesPerLead: 2 }, [0, 2, 3]],
    [{ minTouchesPerLead: 4 }, []],
    [{ lookbackSteps: 1, direct: 'drop' }, [2]],
    [{ minTouchesPerLead: 3, direct: 'drop' }, []],
  ])('%j keeps the touches %j', (transforms, expected) =>
    expect(transformPath(path, transforms, 'channel', dates).map(({ index }) => index)).toEqual(expected),
  );
});

describe('milestones of touches that are left out', () => {
  const path = [
    touch(1, { channel: 'direct', milestones: ['first'] }),
    touch(5, { leadId: 'ada' }),
    touch(8, { leadId: 'bob' }),
    touch(10, { channel: 'direct', leadId: 'ada', milestones: ['lead_created'] }),
    touch(19, { channel: 'direct', leadId: 'bob', milestones: ['opportunity_created'] }),
    touch(29, { leadId: 'bob' }),
    touch(30, { channel: 'direct', leadId: 'bob', milestones: ['close'] }),
  ];
  test('are those of the touches that stay, by the same rules', () =>
    expect(
      transformPath(path, { direct: 'drop' }, 'channel', dates).map((step) => step.touch.milestones),
    ).toEqual([['first', 'lead_created'], ['opportunity_created'], ['close']]));
  test('a lead creation without an earlier touch of the same person that stays is none', () =>
    expect(
      transformPath(path, { direct: 'drop', lookbackSteps: 2 }, 'channel', dates).map(
        (step) => step.touch.milestones,
      ),
    ).toEqual([['first', 'opportunity_created'], ['close']]));
  test('pipeline has no close', () => {
    const [last] = transformPath(path, { direct: 'drop' }, 'channel', {
      reference: day(31),
      openedAt: day(31),
    }).slice(-1);
    expect(last?.touch.milestones).toEqual(['opportunity_created']);
  });
});

describe('a request for transforms', () => {
  test.each<[unknown, string]>([
    [{ lookbackDays: 0 }, 'lookbackDays'],
    [{ lookbackDays: 1.5 }, 'lookbackDays'],
    [{ lookbackSteps: -1 }, 'lookbackSteps'],
    [{ minTouchesPerLead: '2' }, 'minTouchesPerLead'],
    [{ kinds: ['page_view', 'nonsense'] }, 'kinds[1]'],
    [{ kinds: [] }, 'kinds'],
    [{ withoutChannels: ['web'] }, 'withoutChannels[0]'],
    [{ kinds: ['chat'], withoutKinds: ['chat'] }, 'withoutKinds'],
    [{ channels: ['email'], withoutChannels: ['direct', 'email'] }, 'withoutChannels'],
    [{ direct: 'remove' }, 'direct'],
    [{ repeats: 'recency' }, 'repeats'],
    [{ lookback: 3 }, 'lookback'],
    [null, ''],
    ['exposure', ''],
  ])('%j is refused and names %j', (given, path) => {
    const parsed = parseTransforms(given);
    expect('faults' in parsed && parsed.faults.map((fault) => fault.path)).toEqual([path]);
  });

  test('has one form: order, repeats and what changes nothing do not matter', () =>
    expect(
      JSON.stringify([
        parseTransforms({ repeats: 'unique', channels: ['email', 'direct', 'email'], lookbackDays: 9 }),
        parseTransforms({ direct: 'keep', lookbackDays: 9, channels: ['direct', 'email'] }),
      ]),
    ).toBe(
      JSON.stringify(Array(2).fill({ transforms: { channels: ['direct', 'email'], lookbackDays: 9 } })),
    ));
});

const paths = fc
  .array(
    fc.record({
      at: fc.integer({ min: 1, max: 31 }),
      leadId: fc.constantFrom('ada', 'bob'),
      kind: fc.constantFrom<TouchpointKind>(...TOUCHPOINT_KINDS),
      channel: fc.constantFrom<Channel>(...CHANNELS),
      campaign: fc.constantFrom(null, 'a', 'b'),
      milestones: fc.subarray<Milestone>([...MILESTONES]),
    }),
    { maxLength: 20 },
  )
  .map((list) => list.sort((a, b) => a.at - b.at).map(({ at, ...over }) => touch(at, over)));
const transforms = fc.record(
  {
    kinds: fc.subarray([...TOUCHPOINT_KINDS], { minLength: 1 }),
    withoutKinds: fc.subarray([...TOUCHPOINT_KINDS], { minLength: 1 }),
    channels: fc.subarray([...CHANNELS], { minLength: 1 }),
    withoutChannels: fc.subarray([...CHANNELS], { minLength: 1 }),
    direct: fc.constantFrom(...DIRECT),
    lookbackDays: fc.integer({ min: 1, max: 40 }),
    minTouchesPerLead: fc.integer({ min: 1, max: 4 }),
    lookbackSteps: fc.integer({ min: 1, max: 20 }),
    repeats: fc.constantFrom(...REPEATS),
  },
  { requiredKeys: [] },
);
const player = fc.constantFrom(...PLAYERS);

describe('transforms of generated paths', () => {
  test('without transforms the path is the same', () => {
    fc.assert(
      fc.property(paths, player, (path, by) =>
        expect(transformPath(path, {}, by, dates).map((step) => step.touch)).toEqual(path),
      ),
    );
  });

  test('the touches that stay are touches of the path, in its order', () => {
    fc.assert(
      fc.property(paths, transforms, player, (path, chosen, by) => {
        const indexes = transformPath(path, chosen, by, dates).map(({ index }) => index);
        expect(indexes).toEqual([...new Set(indexes)].sort((a, b) => a - b));
        expect(indexes.every((index) => index < path.length)).toBe(true);
      }),
    );
  });

  test('no milestone is on two touches of a path that is filtered', () => {
    fc.assert(
      fc.property(paths, transforms, player, (path, chosen, by) => {
        const steps = transformPath(path, { ...chosen, repeats: 'first' }, by, dates);
        fc.pre(steps.length > 0 && transformPath(path, { ...chosen, repeats: 'unique' }, by, dates).length < path.length); // prettier-ignore
        const milestones = steps.flatMap((step) => step.touch.milestones);
        expect(milestones).toHaveLength(new Set(milestones).size);
        expect(steps[0]?.touch.milestones).toContain('first');
      }),
    );
  });
});
