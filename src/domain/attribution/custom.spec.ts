import { describe, expect, test } from '@jest/globals';
import { customShape, type CustomModel, type CustomTouch, customDivision } from './custom.js';
import { distribute } from './money.js';
import { weighParts } from './parts.js';

const touch = (over: Partial<CustomTouch> = {}): CustomTouch => ({
  milestones: [],
  kind: 'page_view',
  channel: 'organic_search',
  contentStage: null,
  ...over,
});
const path = [
  touch({ milestones: ['first'], contentStage: 'awareness' }),
  touch({ milestones: ['lead_created'], kind: 'form_fill', channel: 'email' }),
  touch({ kind: 'webinar_attended', channel: 'event', contentStage: 'consideration' }),
  touch({ kind: 'webinar_attended', channel: 'event', contentStage: 'consideration' }),
  touch({ milestones: ['opportunity_created'], contentStage: 'decision' }),
];
/** Credits of 100.00, what is left unattributed last. */
const credits = (model: CustomModel, touches: readonly CustomTouch[] = path): number[] => {
  const division = customDivision(model, touches);
  const { touches: weights, unattributed } = weighParts(
    division.parts,
    touches.length,
    division.unattributed,
  );
  return distribute(10_000n, [...weights, unattributed]).map(Number);
};

describe('custom weights', () => {
  test.each<[string, CustomModel, number[]]>([
    [
      'by milestone, all of it given',
      {
        milestones: { first: 30, lead_created: 30, opportunity_created: 30 },
        others: 10,
        leftover: 'unattributed',
      },
      [3000, 3000, 500, 500, 3000, 0],
    ],
    [
      'by kind, shared evenly by its touches',
      { kinds: { webinar_attended: 60, form_fill: 40 }, leftover: 'redistribute' },
      [0, 4000, 3000, 3000, 0, 0],
    ],
    [
      'by channel, with what is not given redistributed in proportion',
      { channels: { email: 20, event: 20 }, leftover: 'redistribute' },
      [0, 5000, 2500, 2500, 0, 0],
    ],
    [
      'by channel, with what is not given unattributed',
      { channels: { email: 20, event: 20 }, leftover: 'unattributed' },
      [0, 2000, 1000, 1000, 0, 6000],
    ],
    [
      'by the stage of the content, with the share of a stage without touches redistributed',
      { contentStages: { awareness: 25, decision: 25, retention: 50 }, leftover: 'redistribute' },
      [5000, 0, 0, 0, 5000, 0],
    ],
    [
      'by the stage of the content, with the share of a stage without touches unattributed',
      { contentStages: { awareness: 25, decision: 25, retention: 50 }, leftover: 'unattributed' },
      [2500, 0, 0, 0, 2500, 5000],
    ],
    [
      'by several at once: a touch gets what each of its entries gives',
      {
        milestones: { first: 40 },
        contentStages: { awareness: 20 },
        kinds: { form_fill: 40 },
        leftover: 'unattributed',
      },
      [6000, 4000, 0, 0, 0, 0],
    ],
    [
      'by entries that no touch has: everything is unattributed',
      { kinds: { chat: 100 }, leftover: 'redistribute' },
      [0, 0, 0, 0, 0, 10_000],
    ],
  ])('%s', (_, model, expected) => expect(credits(model)).toEqual(expected));

  test('a path without touches is unattributed', () =>
    expect(credits({ others: 100, leftover: 'redistribute' }, [])).toEqual([10_000]));
});

describe('a request for custom weights', () => {
  test.each<[unknown, string[]]>([
    [{ milestones: { first: 100 } }, ['custom.leftover']],
    [{ milestones: { first: 60, close: 50 }, leftover: 'redistribute' }, ['custom']],
    [{ milestones: { first: 0 }, leftover: 'redistribute' }, ['custom']],
    [{ leftover: 'redistribute' }, ['custom']],
    [{ milestones: { last: 10 }, leftover: 'redistribute' }, ['custom.milestones.last']],
    [{ kinds: { page_view: -1 }, leftover: 'unattributed' }, ['custom.kinds.page_view']],
    [{ channels: { web: 10 }, leftover: 'unattributed' }, ['custom.channels.web']],
    [{ contentStages: {}, leftover: 'unattributed' }, ['custom.contentStages']],
    [{ others: 10, leftover: 'drop' }, ['custom.leftover']],
    [{ others: NaN, leftover: 'unattributed' }, ['custom.others']],
    [{ others: 100, leftover: 'unattributed' }, []],
    [{ milestones: { first: 33.3, close: 33.3 }, others: 33.4, leftover: 'unattributed' }, []],
  ])('%j has faults at %j', (given, paths) =>
    expect(customShape.check(given, ['custom']).map((fault) => fault.path)).toEqual(paths),
  );
});
