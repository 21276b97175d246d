import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import type { Channel, TouchpointKind } from '../touchpoint.js';
import { weightOfRoles } from './committee-rule.js';
import { parseModelRequest } from './model-request.js';
import { MODEL_NAMES, weightTouches } from './models.js';
import { money, distribute } from './money.js';
import { PRESET_NAMES, PRESETS } from './presets.js';
import { DEFAULT_ATTRIBUTION } from './settings.js';
import { touchesOf, type Candidate } from './touches.js';
import { pathSteps, weigherOf } from './weigh-paths.js';

const page = await readFile(new URL('../../../docs/attribution.md', import.meta.url), 'utf8');

/** The cells of the table row whose first cell this is, in one of the two wide tables. */
const row = (first: string): string[] =>
  page
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
    .find((cells) => cells.length > 6 && cells[1] === first)
    ?.slice(2, -1) ?? [];

const KINDS: Readonly<Record<string, TouchpointKind>> = {
  downloaded: 'content_download',
  attended: 'webinar_attended',
};
const letters = [...'ABCDEF'];
const candidates = letters.map((letter): Candidate => {
  const [date = '', what = '', channel] = row(letter);
  return {
    eventId: letter,
    leadId: 'ada',
    occurredAt: new Date(`${date} 2026 12:00 UTC`),
    kind: KINDS[what.split(' ')[0] ?? ''] ?? 'page_view',
    channel: channel as Channel,
    source: null,
    campaign: null,
    contentId: what,
    contentTitle: null,
    sessionId: letter,
    verdict: 'human',
  };
});
const { touches } = touchesOf(candidates, {
  reference: new Date('2026-03-31T12:00:00Z'),
  openedAt: new Date('2026-03-01T12:00:00Z'),
  closedAt: new Date('2026-03-31T12:00:00Z'),
  members: new Map([['ada', candidates[1]?.occurredAt ?? null]]),
  settings: DEFAULT_ATTRIBUTION,
  sessionIdleMinutes: 30,
});

test('the milestones of the example in docs/attribution.md are correct', () =>
  expect(touches.map(({ eventId, milestones }) => [eventId, milestones.join()])).toEqual(
    letters.map((letter) => [letter, row(letter)[3]]),
  ));

test.each(MODEL_NAMES)(
  'the credits of the example in docs/attribution.md are correct for the model %s',
  (model) => {
    const credits = distribute(100_000n, weightTouches(model, touches, DEFAULT_ATTRIBUTION));
    expect(credits.map((minor) => money(Number(minor), 'USD').amount)).toEqual(row(model).slice(0, 6));
  },
);

const ROLES: Readonly<Record<string, string>> = { A: 'decision_maker', C: 'decision_maker', E: 'decision_maker', B: 'user', D: 'user' }; // prettier-ignore
const weighedRows = page
  .split('\n')
  .filter((line) => line.includes('{"decision_maker"') && line.startsWith('|'))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));

test.each(weighedRows.map((cells) => [cells[1] ?? '', cells] as const))(
  'the credits of the example in docs/attribution.md are correct for %s with weights by role',
  (model, cells) => {
    expect(weighedRows).toHaveLength(2);
    const parsed = parseModelRequest({ model, roleWeights: JSON.parse(cells.at(-2) ?? '') as unknown });
    if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
    const { request } = parsed;
    const path = touches.map((touch) => ({
      ...{ contentType: null, contentStage: null, ...touch },
      roleWeight: weightOfRoles(
        ROLES[touch.eventId] === undefined ? [] : [ROLES[touch.eventId] ?? ''],
        request.roleWeights,
      ),
    }));
    const dates = { reference: new Date('2026-03-31'), openedAt: new Date('2026-03-01') };
    const steps = pathSteps(request, { touches: path, dates, revenue: 0 });
    const weights = weigherOf(request, DEFAULT_ATTRIBUTION, {})(steps, path.length);
    const credits = distribute(100_000n, [...weights.touches, weights.unattributed]).slice(0, -1);
    expect(credits.map((minor) => money(minor, 'USD').amount)).toEqual(cells.slice(2, 8));
  },
);

test.each(PRESET_NAMES)('docs/attribution.md has the preset %s with its model and weights', (name) => {
  const line = page.split('\n').find((each) => each.startsWith('|') && each.includes(`\`${name}\``)) ?? '';
  const { model, settings } = PRESETS[name];
  expect(line).toContain(`\`${model}\``);
  const documented = (
    line
      .split('|')
      .at(-2)
      ?.match(/[\d.]+/g) ?? []
  ).map(Number);
  const weights = Object.values<unknown>(settings)
    .flatMap((each) => (Array.isArray(each) ? (each as number[]) : Object.values(each as object)))
    .filter((weight) => weight !== 0);
  expect(new Set(documented)).toEqual(new Set(weights));
});

test('the custom weights of the example in docs/attribution.md are a valid request', () => {
  const [, example = ''] = /```json\n(\{\s*"milestones".*?)```/s.exec(page) ?? [];
  expect(parseModelRequest({ model: 'custom', custom: JSON.parse(example) })).toHaveProperty('request');
});
