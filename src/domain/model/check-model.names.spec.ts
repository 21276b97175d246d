import { describe, expect, test } from '@jest/globals';
import { defaultModel } from '../../commands/publish-model.js';
import { changed, wholeDocument } from '../../../test/model-document.js';
import { DEFAULT_ATTRIBUTION } from '../attribution/settings.js';
import { checkModel } from './check-model.js';
import { CHANNELS, TOUCHPOINT_KINDS } from '../touchpoint.js';

const faultsOf = (document: unknown) => {
  const checked = checkModel(document);
  return 'faults' in checked ? checked.faults.map(({ path, message }) => ({ path, message })) : [];
};
const faultOf = (path: string, value: unknown) => faultsOf(changed(wholeDocument(), path, value));

describe('a reference to an unknown name', () => {
  test.each<[path: string, value: unknown, message: string, below?: string]>([
    ['stages[0].enter[0].when.trigger', 'budgt', 'the trigger budgt does not exist'],
    ['stages[0].enter[0].when.afterTrigger.trigger', ['budget', 'role'], 'the trigger role does not exist'],
    ['stages[0].enter[0].when.content.stage', 'buy', 'the stage buy does not exist'],
    ['personas[0].stages[0].enter[0].when.trigger', 'role', 'the trigger role does not exist'],
    ['triggers[0].when.content.stage', ['look', 'buy'], 'the stage buy does not exist'],
    ['scoring.rules[0].when.trigger', 'role', 'the trigger role does not exist'],
    ['scoring.rules[0].persona', 'cfo', 'the persona cfo does not exist'],
    ['contents[0].stage', 'buy', 'the stage buy does not exist'],
    ['contents[0].personas', ['chief', 'cfo'], 'the persona cfo does not exist'],
    ['contents[0].alsoServes[0].stage', 'buy', 'the stage buy does not exist'],
    ['contents[0].alsoServes[0].personas', ['cfo'], 'the persona cfo does not exist'],
    ['leadDefinitions[0].persona', 'cfo', 'the persona cfo does not exist'],
    ['leadDefinitions[0].minStage', 'buy', 'the stage buy does not exist'],
    ['leadDefinitions[0].triggers[0].trigger', 'role', 'the trigger role does not exist'],
    [
      'leadDefinitions[0].disqualifiers[0].when',
      { persona: 'cfo' },
      'the persona cfo does not exist',
      '.persona',
    ],
    ['leadFilters[0].when.segment', 'nobody', 'the segment nobody does not exist'],
    ['segments[0].when.stage', ['look', 'buy'], 'the stage buy does not exist'],
    ['segments[0].when.did[0].when.content.stage', 'buy', 'the stage buy does not exist'],
    [
      'segments[0].when.didNot[0].when',
      { content: { stage: 'buy' } },
      'the stage buy does not exist',
      '.content.stage',
    ],
    ['segments[0].when.any[0]', { stage: 'buy' }, 'the stage buy does not exist', '.stage'],
    ['segments[0].when.none[0]', { persona: 'cfo' }, 'the persona cfo does not exist', '.persona'],
    ['routing.recipients[0].personas', ['cfo'], 'the persona cfo does not exist'],
    ['routing.recipients[0].territories', ['moon'], 'the territory moon does not exist'],
    ['routing.recipients[0].businessHours', 'night', 'the set of business hours night does not exist'],
    ['routing.rules[0].territory', 'moon', 'the territory moon does not exist'],
    ['routing.rules[0].recipients', ['rep-8'], 'the recipient rep-8 does not exist'],
    ['routing.rules[0].when.segment', 'nobody', 'the segment nobody does not exist'],
    ['serviceLevels[0].when.segment', 'nobody', 'the segment nobody does not exist'],
    ['serviceLevels[0].businessHours', 'night', 'the set of business hours night does not exist'],
    ['nurture[0].when.content', { stage: 'buy' }, 'the stage buy does not exist', '.stage'],
  ])('%s: %j', (path, value, message, below = '') =>
    expect(faultOf(path, value)).toEqual([{ path: `${path}${below}`, message }]),
  );

  test('of a stage is accepted if a persona defines the stage', () =>
    expect(faultOf('contents[0].stage', 'decide')).toEqual([]));

  test('is reported everywhere after a stage is removed', () =>
    expect(faultOf('stages', []).map(({ path }) => path)).toEqual([
      'triggers[0].when.content.stage',
      'contents[0].alsoServes[0].stage',
      'segments[0].when.stage',
      'nurture[0].when.content.stage',
    ]));
});

describe('the attribution part of a model', () => {
  const shares = (count: number, names: string) =>
    `must be ${count} shares from 0 to 100, not all 0: ${names}`;

  test.each<[path: string, value: unknown, message: string, below?: string]>([
    ['attribution', [], 'must be an object'],
    ['attribution.lookbackDays', 0, 'must be a number from 1 to 3650'],
    ['attribution.timeDecay', 7, 'must be an object'],
    ['attribution.timeDecay.halfLifeDays', 0, 'must be a number from 0.01 to 3650'],
    ['attribution.position', [40, 60], shares(3, 'first, between, last')],
    ['attribution.uShaped', [50, -1, 0], shares(3, 'first, lead created, others')],
    ['attribution.wShaped', [0, 0, 0, 0], shares(4, 'first, lead created, opportunity created, others')],
    ['attribution.fullPath', {}, shares(5, 'first, lead created, opportunity created, close, others')],
    ['attribution.excludedKinds', ['email'], `must be one of: ${TOUCHPOINT_KINDS.join(', ')}`, '[0]'],
    ['attribution.excludedChannels', 'email', 'must be a list'],
    ['attribution.excludedChannels', ['mail'], `must be one of: ${CHANNELS.join(', ')}`, '[0]'],
    ['attribution.lookback', 90, `is unknown; allowed are: ${Object.keys(DEFAULT_ATTRIBUTION).join(', ')}`],
  ])('%s: %j', (path, value, message, below = '') =>
    expect(faultOf(path, value)).toEqual([{ path: `${path}${below}`, message }]),
  );
});

describe('a time zone', () => {
  test.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+1', 'Asia/Kolkata'])(
    '%s is accepted',
    (zone) => expect(faultOf('timeZone', zone)).toEqual([]),
  );

  // JavaScript takes these; PostgreSQL turns the sign of an offset round, and knows no summer time of PST.
  test.each(['+01:00', 'PST', 'BST', 'ACT', ['UTC']])('%j is refused', (zone) =>
    expect(faultOf('timeZone', zone)).toEqual([
      { path: 'timeZone', message: 'must be a time zone such as Europe/Berlin or UTC' },
    ]),
  );
});

test('all faults of a model are reported at once, in the order of the fields', () => {
  const document = { name: '', currency: 'eur', personas: 1, scoring: { rules: [] }, extra: true };
  expect(faultsOf(document).map(({ path }) => path)).toEqual([
    'stages',
    'extra',
    'name',
    'currency',
    'personas',
    'scoring.halfLifeDays',
  ]);
});

test('absent parts of a model have defaults', () => {
  const least = { name: 'Least', currency: 'USD', personas: [], stages: [], scoring: { halfLifeDays: 1, rules: [] } }; // prettier-ignore
  expect(checkModel(least)).toEqual({
    model: {
      ...least,
      timeZone: 'UTC',
      rates: [],
      triggers: [],
      contents: [],
      grading: { rules: [], grades: { A: 80, B: 60, C: 40, D: 20, E: 0.001 } },
      sessionIdleMinutes: 30,
      attribution: DEFAULT_ATTRIBUTION,
    },
  });
});

test('the default model is valid and names no content twice by the same URL', async () => {
  const model = await defaultModel();
  expect(faultsOf(model)).toEqual([]);
  const urls = model.contents.flatMap((content) => content.urls ?? []);
  expect(new Set(urls).size).toBe(urls.length);
});
