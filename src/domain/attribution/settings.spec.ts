import { expect, test } from '@jest/globals';
import { checkAttribution, DEFAULT_ATTRIBUTION } from './settings.js';

const faultsOf = (input: unknown) => {
  const checked = checkAttribution(input);
  return 'faults' in checked ? checked.faults.map(({ path }) => path) : [];
};

test('absent attribution settings have valid defaults', () => {
  expect(checkAttribution(undefined)).toEqual({ settings: DEFAULT_ATTRIBUTION });
  expect(checkAttribution(DEFAULT_ATTRIBUTION)).toEqual({ settings: DEFAULT_ATTRIBUTION });
  expect(checkAttribution({ lookbackDays: 90, uShaped: [40, 40, 20] })).toEqual({
    settings: { ...DEFAULT_ATTRIBUTION, lookbackDays: 90, uShaped: [40, 40, 20] },
  });
});

test.each([
  [['sales_call'], [...DEFAULT_ATTRIBUTION.excludedKinds, 'sales_call']],
  [[], DEFAULT_ATTRIBUTION.excludedKinds],
  [
    ['email_sent', 'chat', 'chat'],
    [...DEFAULT_ATTRIBUTION.excludedKinds, 'chat'],
  ],
])('excluded kinds %j are added to the default ones', (excludedKinds, expected) =>
  expect(checkAttribution({ excludedKinds })).toEqual({
    settings: { ...DEFAULT_ATTRIBUTION, excludedKinds: expected },
  }),
);

test('every invalid attribution setting is reported with its path', () => {
  expect(
    faultsOf({
      lookbackDays: 0,
      timeDecay: { halfLifeDays: -1 },
      position: [40, 60],
      wShaped: [0, 0, 0, 0],
      fullPath: [22.5, 22.5, 22.5, Number.NaN, 10],
      excludedKinds: ['email_snt'],
      excludedChannels: 'direct',
      lookBackDays: 90,
    }),
  ).toEqual([
    'lookbackDays',
    'timeDecay',
    'position',
    'wShaped',
    'fullPath',
    'excludedKinds',
    'excludedChannels',
    'lookBackDays',
  ]);
  expect(faultsOf([])).toEqual(['']);
});
