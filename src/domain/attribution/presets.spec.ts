import { describe, expect, test } from '@jest/globals';
import { distribute, money } from './money.js';
import { weightTouches } from './models.js';
import { PRESET_NAMES, PRESETS, presetSettings, type PresetName } from './presets.js';
import { DEFAULT_ATTRIBUTION } from './settings.js';
import type { Milestone } from './touches.js';

const path = (...touches: readonly (readonly [day: number, ...milestones: Milestone[]])[]) =>
  touches.map(([day, ...milestones]) => ({
    occurredAt: new Date(Date.UTC(2026, 8, day)),
    channel: 'email' as const,
    milestones,
  }));
const credits = (name: PresetName, touches: ReturnType<typeof path>, minor: bigint): string[] =>
  distribute(
    minor,
    weightTouches(PRESETS[name].model, touches, presetSettings(name, DEFAULT_ATTRIBUTION)),
  ).map((each) => money(each, 'USD').amount);

/** Paid search on September 15, social on the 18th, e-mail and display on the 24th, when $50 are paid. */
const adobe = path([15], [18], [24], [24]);
const two = path([1], [2]);
const milestones = path(
  [1, 'first'],
  [2],
  [3, 'lead_created'],
  [4, 'opportunity_created'],
  [5],
  [6, 'close'],
);

describe('presets give what their vendors document', () => {
  test.each<[PresetName, string, ReturnType<typeof path>, bigint, string[]]>([
    ['adobe_analytics_j_shaped', 'its example', adobe, 5000n, ['10.00', '5.00', '5.00', '30.00']],
    ['adobe_analytics_time_decay', 'its example', adobe, 5000n, ['6.92', '9.32', '16.88', '16.88']],
    ['adobe_analytics_u_shaped', 'four touches', adobe, 5000n, ['20.00', '5.00', '5.00', '20.00']],
    ['adobe_analytics_inverse_j', 'four touches', adobe, 5000n, ['30.00', '5.00', '5.00', '10.00']],
    ['adobe_analytics_u_shaped', 'two touches', two, 10_000n, ['50.00', '50.00']],
    ['adobe_analytics_j_shaped', 'two touches', two, 10_000n, ['25.00', '75.00']],
    ['adobe_analytics_inverse_j', 'two touches', two, 10_000n, ['75.00', '25.00']],
    ['adobe_analytics_j_shaped', 'one touch', path([1]), 10_000n, ['100.00']],
    ['marketo_measure_u_shaped', 'six touches', milestones, 10_000n, ['50.00', '0.00', '50.00', '0.00', '0.00', '0.00']], // prettier-ignore
    ['marketo_measure_full_path', 'six touches', milestones, 10_000n, ['22.50', '5.00', '22.50', '22.50', '5.00', '22.50']], // prettier-ignore
    [
      'hubspot_u_shaped',
      'six touches',
      milestones,
      10_000n,
      ['40.00', '5.00', '40.00', '5.00', '5.00', '5.00'],
    ],
    [
      'hubspot_w_shaped',
      'six touches',
      milestones,
      10_000n,
      ['30.00', '3.34', '30.00', '30.00', '3.33', '3.33'],
    ],
    ['google_ads_position_based', 'four touches', adobe, 5000n, ['20.00', '5.00', '5.00', '20.00']],
    ['google_ads_time_decay', 'a week between two touches', path([1], [8]), 3000n, ['10.00', '20.00']],
  ])('%s: %s', (name, _, touches, minor, expected) =>
    expect(credits(name, touches, minor)).toEqual(expected),
  );
});

test.each(PRESET_NAMES)('the preset %s names its source and changes only weights', (name) => {
  const { source, settings } = PRESETS[name];
  expect(source).toMatch(/^https:\/\//);
  expect(Object.keys(settings)).toHaveLength(1);
  expect(presetSettings(name, DEFAULT_ATTRIBUTION)).toMatchObject({
    lookbackDays: DEFAULT_ATTRIBUTION.lookbackDays,
    excludedKinds: DEFAULT_ATTRIBUTION.excludedKinds,
  });
});
