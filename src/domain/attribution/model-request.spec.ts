import { describe, expect, test } from '@jest/globals';
import { MODEL_NAMES } from './models.js';
import { DEFAULT_COMMITTEE } from './committee-rule.js';
import { parseModelRequest, requestKey } from './model-request.js';
import { PRESET_NAMES } from './presets.js';

const keyOf = (given: unknown): string => {
  const parsed = parseModelRequest(given);
  if ('faults' in parsed)
    throw new Error(parsed.faults.map(({ path, message }) => `${path} ${message}`).join());
  return requestKey(parsed.request);
};

describe('a model request', () => {
  test('has its defaults', () => {
    expect(parseModelRequest({ model: 'markov' })).toEqual({
      request: { model: 'markov', order: 1, nonConverting: true, player: 'channel', ...DEFAULT_COMMITTEE, transforms: {} }, // prettier-ignore
    });
    expect(parseModelRequest({ model: 'shapley', player: 'content' })).toEqual({
      request: { model: 'shapley', worth: 'conversions', player: 'content', ...DEFAULT_COMMITTEE, transforms: {} }, // prettier-ignore
    });
    expect(parseModelRequest({ preset: 'adobe_analytics_j_shaped' })).toEqual({
      request: { model: 'position', preset: 'adobe_analytics_j_shaped', player: 'channel', ...DEFAULT_COMMITTEE, transforms: {} }, // prettier-ignore
    });
  });

  test.each([...MODEL_NAMES.map((model) => ({ model })), ...PRESET_NAMES.map((preset) => ({ preset }))])(
    '%j is one',
    (given) => expect(parseModelRequest(given)).toHaveProperty('request'),
  );

  test.each<[unknown, string[]]>([
    [{}, ['model']],
    [null, ['']],
    [{ model: 'markow' }, ['model']],
    [{ model: 'linear', order: 2 }, ['order']],
    [{ model: 'linear', preset: 'hubspot_u_shaped' }, ['model']],
    [{ preset: 'hubspot' }, ['preset']],
    [{ model: 'markov', order: 4 }, ['order']],
    [{ model: 'markov', order: '1' }, ['order']],
    [{ model: 'markov', worth: 'revenue' }, ['worth']],
    [{ model: 'markov', player: 'person' }, ['player']],
    [{ model: 'markov', nonConverting: 'no' }, ['nonConverting']],
    [{ model: 'shapley', worth: 'profit' }, ['worth']],
    [{ model: 'custom' }, ['custom']],
    [{ model: 'custom', custom: { others: 101, leftover: 'unattributed' } }, ['custom.others']],
    [{ model: 'linear', committee: 'everybody' }, ['committee']],
    [{ model: 'linear', roleWeights: {} }, ['roleWeights']],
    [{ model: 'linear', roleWeights: [1] }, ['roleWeights']],
    [{ model: 'linear', roleWeights: { user: -1 } }, ['roleWeights.user']],
    [{ model: 'linear', roleWeights: { user: NaN } }, ['roleWeights.user']],
    [{ model: 'linear', roleWeights: { user: '2' } }, ['roleWeights.user']],
    [
      { model: 'linear', roleWeights: { user: 1e-9, champion: 1e9 } },
      ['roleWeights.user', 'roleWeights.champion'],
    ],
    [{ model: 'linear', roleWeights: { ' ': 2 } }, ['roleWeights']],
    [{ model: 'linear', roleWeights: { 'End user': 2, end_user: 3 } }, ['roleWeights.end_user']],
    [
      {
        model: 'linear',
        roleWeights: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`r${at}`, 2])),
      },
      ['roleWeights'],
    ],
    [{ model: 'linear', transforms: { lookbackDays: 0 } }, ['transforms.lookbackDays']],
    [
      { model: 'linear', transforms: { kinds: ['chat'], withoutKinds: ['chat'] } },
      ['transforms.withoutKinds'],
    ],
  ])('%j is refused and names %j', (given, paths) => {
    const parsed = parseModelRequest(given);
    expect('faults' in parsed && parsed.faults.map(({ path }) => path)).toEqual(paths);
  });
});

describe('the key of a request', () => {
  test('is the same for the same request, however it is written', () => {
    expect(keyOf({ transforms: { direct: 'keep' }, nonConverting: true, model: 'markov', order: 1 })).toBe(
      keyOf({ model: 'markov' }),
    );
    expect(
      keyOf({ model: 'custom', custom: { leftover: 'redistribute', kinds: { chat: 1, meeting: 2 } } }),
    ).toBe(keyOf({ model: 'custom', custom: { kinds: { meeting: 2, chat: 1 }, leftover: 'redistribute' } }));
    expect(keyOf({ model: 'linear', roleWeights: { 'Decision Maker': 2, user: 1, chef: 0 } })).toBe(
      keyOf({ model: 'linear', committee: 'contacts', roleWeights: { chef: 0, decision_maker: 2 } }),
    );
  });

  test('differs wherever requests differ', () => {
    const keys = [
      { model: 'linear' },
      { model: 'position' },
      { preset: 'adobe_analytics_u_shaped' },
      { model: 'linear', player: 'content' },
      { model: 'linear', transforms: { repeats: 'exposure' } },
      { model: 'linear', committee: 'account' },
      { model: 'linear', roleWeights: { user: 2 } },
      { model: 'markov' },
      { model: 'markov', order: 2 },
      { model: 'markov', nonConverting: false },
      { model: 'shapley' },
      { model: 'shapley', worth: 'revenue' },
    ].map(keyOf);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
