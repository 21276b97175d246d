import { expect, test } from '@jest/globals';
import type { TouchpointKind } from '../touchpoint.js';
import { attributionSettings, attributionShape, DEFAULT_ATTRIBUTION } from './settings.js';

const faultsOf = (input: unknown) => attributionShape.check(input, []).map(({ path }) => path);

test('absent attribution settings have valid defaults', () => {
  expect(attributionSettings(undefined)).toEqual(DEFAULT_ATTRIBUTION);
  expect(attributionSettings(null)).toEqual(DEFAULT_ATTRIBUTION);
  expect(attributionSettings(DEFAULT_ATTRIBUTION)).toEqual(DEFAULT_ATTRIBUTION);
  expect(attributionSettings({ lookbackDays: 90, uShaped: [40, 40, 20] })).toEqual({
    ...DEFAULT_ATTRIBUTION,
    lookbackDays: 90,
    uShaped: [40, 40, 20],
  });
});

test.each<[TouchpointKind[], readonly TouchpointKind[]]>([
  [['sales_call'], [...DEFAULT_ATTRIBUTION.excludedKinds, 'sales_call']],
  [[], DEFAULT_ATTRIBUTION.excludedKinds],
  [
    ['email_sent', 'chat', 'chat'],
    [...DEFAULT_ATTRIBUTION.excludedKinds, 'chat'],
  ],
])('excluded kinds %j are added to the default ones', (excludedKinds, expected) =>
  expect(attributionSettings({ excludedKinds })).toEqual({
    ...DEFAULT_ATTRIBUTION,
    excludedKinds: expected,
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
    'lookBackDays',
    'lookbackDays',
    'timeDecay.halfLifeDays',
    'position',
    'wShaped',
    'fullPath',
    'excludedKinds[0]',
    'excludedChannels',
  ]);
  expect(faultsOf([])).toEqual(['']);
});
