import { expect, test } from '@jest/globals';
import { TEST_MODEL } from '../../test/journeys.js';
import type { Touch } from './condition.js';
import { fold } from './journey.js';

const MINUTE = 60_000;
const at = (minute: number, about: Partial<Touch>): Touch => ({
  id: `00000000-0000-8000-8000-${String(minute).padStart(12, '0')}`,
  at: Date.UTC(2026, 2, 1) + minute * MINUTE,
  kind: 'page_view',
  channel: 'direct',
  verdict: 'human',
  ...about,
});
const search = { channel: 'organic_search', source: 'google', medium: 'organic' } as const;
const mail = { channel: 'email', source: 'newsletter', campaign: 'spring' } as const;
const origins = (...touches: Touch[]) =>
  fold(TEST_MODEL, { traits: {} }, touches).perTouch.map(
    ({ touch: { channel, source, campaign }, originId }) => [channel, source, campaign, originId?.slice(-2)],
  );

test('pages inside a visit come from where the visit came from', () =>
  expect(origins(at(10, search), at(15, {}), at(30, { kind: 'form_fill' }))).toEqual([
    ['organic_search', 'google', undefined, undefined],
    ['organic_search', 'google', undefined, '10'],
    ['organic_search', 'google', undefined, '10'],
  ]));

test('the next visit does not inherit', () =>
  expect(origins(at(10, search), at(41, {})).at(-1)).toEqual(['direct', undefined, undefined, undefined]));

test('a new origin within the session goes on from there', () =>
  expect(origins(at(10, search), at(12, { kind: 'email_click', ...mail }), at(13, {})).at(-1)).toEqual([
    'email',
    'newsletter',
    'spring',
    '12',
  ]));

test('a mail that was opened brings nobody', () =>
  expect(origins(at(10, { kind: 'email_open', ...mail }), at(12, {})).at(-1)?.[0]).toBe('direct'));

test('a machine brings nobody', () =>
  expect(
    origins(at(10, { ...mail, kind: 'email_click', verdict: 'link_scanner' }), at(12, {})).at(-1)?.[0],
  ).toBe('direct'));

test('a touchpoint that tells its own source keeps it, though its channel is direct', () =>
  expect(origins(at(10, search), at(12, { source: 'partner-x' })).at(-1)).toEqual([
    'direct',
    'partner-x',
    undefined,
    undefined,
  ]));
