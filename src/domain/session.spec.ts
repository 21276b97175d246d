import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TEST_MODEL } from '../../test/journeys.js';
import type { JourneyModel } from './model/journey-model.js';
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

test('touchpoints within a session inherit its origin', () =>
  expect(origins(at(10, search), at(15, {}), at(30, { kind: 'form_fill' }))).toEqual([
    ['organic_search', 'google', undefined, undefined],
    ['organic_search', 'google', undefined, '10'],
    ['organic_search', 'google', undefined, '10'],
  ]));

test('the next session does not inherit the origin of the previous one', () =>
  expect(origins(at(10, search), at(41, {})).at(-1)).toEqual(['direct', undefined, undefined, undefined]));

test('touchpoints after a new origin within a session inherit the new one', () =>
  expect(origins(at(10, search), at(12, { kind: 'email_click', ...mail }), at(13, {})).at(-1)).toEqual([
    'email',
    'newsletter',
    'spring',
    '12',
  ]));

test('an opened mail does not set the origin of a session', () =>
  expect(origins(at(10, { kind: 'email_open', ...mail }), at(12, {})).at(-1)?.[0]).toBe('direct'));

test('a machine does not set the origin of a session', () =>
  expect(
    origins(at(10, { ...mail, kind: 'email_click', verdict: 'link_scanner' }), at(12, {})).at(-1)?.[0],
  ).toBe('direct'));

test('a touchpoint with its own source keeps it even if its channel is direct', () =>
  expect(origins(at(10, search), at(12, { source: 'partner-x' })).at(-1)).toEqual([
    'direct',
    'partner-x',
    undefined,
    undefined,
  ]));

describe('a relay as referrer', () => {
  const by = (source: string): Partial<Touch> => ({ channel: 'referral', source, medium: 'referral' });
  const model: JourneyModel = {
    ...TEST_MODEL,
    relays: ['Portal.acme.example', 'bücher.example', 'www.pay.example', 'm.bank.example'],
  };
  const read = (...touches: Touch[]) =>
    fold(model, { traits: {} }, touches).perTouch.map(({ touch: { channel, source }, relay }) => [
      channel,
      source,
      relay,
    ]);

  test.each([
    'acme.okta.com',
    'accounts.google.de',
    'checkout.stripe.com',
    'portal.acme.example',
    'sso.portal.acme.example',
    'xn--bcher-kva.example',
    'pay.example', // as referrers show www.pay.example
    'bank.example',
  ])('keeps the origin of the session, and is direct at its start: %s', (host) => {
    expect(read(at(10, search), at(12, by(host)), at(13, {}))).toEqual([
      ['organic_search', 'google', undefined],
      ['organic_search', 'google', host],
      ['organic_search', 'google', undefined],
    ]);
    expect(read(at(10, by(host)), at(13, {}))).toEqual([
      ['direct', undefined, host],
      ['direct', undefined, undefined],
    ]);
  });

  test('is an origin if it is tagged with a campaign', () =>
    expect(read(at(10, search), at(12, { ...by('acme.okta.com'), campaign: 'launch' }))[1]).toEqual([
      'referral',
      'acme.okta.com',
      undefined,
    ]));
});

describe('a new origin within a session', () => {
  const referral = { channel: 'referral', source: 'partner.example', medium: 'referral' } as const;

  test('that is an untagged referral applies to its own touchpoint only', () =>
    expect(origins(at(10, search), at(12, referral), at(13, {}))).toEqual([
      ['organic_search', 'google', undefined, undefined],
      ['referral', 'partner.example', undefined, undefined],
      ['organic_search', 'google', undefined, '10'],
    ]));

  test('that is an untagged referral applies to the session if it has no origin', () =>
    expect(origins(at(10, {}), at(12, referral), at(13, {})).map(([channel]) => channel)).toEqual([
      'direct',
      'referral',
      'referral',
    ]));

  test('that is tagged, an ad, a search or a social network applies to later touchpoints', () => {
    for (const origin of [
      { ...referral, campaign: 'launch' },
      { channel: 'paid_search', source: 'bing', medium: 'cpc' } as const,
      { channel: 'organic_search', source: 'bing', medium: 'organic' } as const,
      { channel: 'organic_social', source: 'linkedin', medium: 'social' } as const,
    ])
      expect(origins(at(10, search), at(12, origin), at(13, {}))[2]).toEqual([
        origin.channel,
        origin.source,
        'campaign' in origin ? origin.campaign : undefined,
        '12',
      ]);
  });

  test('does not start a new session', () =>
    expect(
      new Set(
        fold(TEST_MODEL, { traits: {} }, [at(10, search), at(12, referral), at(13, mail)]).perTouch.map(
          ({ sessionId }) => sessionId,
        ),
      ).size,
    ).toBe(1));
});

describe('a session', () => {
  const sessions = (...touches: Touch[]) =>
    fold(TEST_MODEL, { traits: {} }, touches).perTouch.map(({ sessionId }) => Number(sessionId.slice(-4)));

  test('continues after a pause of exactly 30 minutes, and ends a millisecond later', () => {
    expect(sessions(at(10, {}), at(40, {}))).toEqual([10, 10]);
    const late = at(40, {});
    expect(sessions(at(10, {}), { ...late, at: late.at + 1 })).toEqual([10, 40]);
  });

  test('is ordered by time and, at the same millisecond, by event id', () => {
    const same = { at: at(10, {}).at };
    const pages = [at(12, { ...mail, ...same }), at(11, { ...search, ...same }), at(20, {})];
    expect(sessions(...pages)).toEqual([11, 11, 11]);
    expect(origins(...pages).map(([channel]) => channel)).toEqual(['organic_search', 'email', 'email']);
    expect(origins(...pages.toReversed())).toEqual(origins(...pages));
  });

  test('is neither started nor extended by a machine, whose touchpoint is listed in it', () =>
    expect(
      sessions(
        at(0, { verdict: 'crawler' }),
        at(10, {}),
        at(35, { verdict: 'link_scanner', kind: 'email_click' }),
        at(45, {}),
        at(80, { verdict: 'crawler' }),
      ),
    ).toEqual([0, 10, 10, 45, 80]));

  test.each(['email_sent', 'email_delivered', 'email_bounce', 'ad_impression', 'sales_email'] as const)(
    'is neither started nor extended by a touchpoint that a person only receives: %s',
    (kind) => {
      expect(sessions(at(0, { kind }), at(10, {}), at(35, { kind }), at(45, {}), at(80, { kind }))).toEqual([
        0, 10, 10, 45, 80,
      ]);
    },
  );

  test.each([
    'page_view',
    'session_start',
    'email_open',
    'email_click',
    'form_fill',
    'sales_call',
    'chat',
    'custom',
  ] as const)('is started and extended by an action of a person: %s', (kind) =>
    expect(sessions(at(0, { kind }), at(10, {}), at(35, { kind }), at(60, {}))).toEqual([0, 0, 0, 0]),
  );
});

test('an inherited origin is that of the touchpoint it refers to', () => {
  const touchpoints = fc
    .array(
      fc.record({
        minute: fc.integer({ min: 1, max: 400 }),
        kind: fc.constantFrom('page_view', 'email_open', 'email_sent', 'ad_click', 'sales_call'),
        came: fc.constantFrom(
          {},
          {},
          search,
          mail,
          { channel: 'referral', source: 'partner.example', medium: 'referral' } as const,
          { channel: 'referral', source: 'acme.okta.com', medium: 'referral' } as const,
        ),
        verdict: fc.constantFrom('human', 'human', 'crawler'),
      }),
      { maxLength: 40 },
    )
    .map((all) =>
      all.map(({ minute, came, ...about }, nth) => ({
        ...at(minute, { ...came, ...about }),
        id: `00000000-0000-8000-8000-${String((nth * 7919) % 100_000).padStart(12, '0')}`,
      })),
    );
  fc.assert(
    fc.property(touchpoints, (touches) => {
      const { perTouch } = fold(TEST_MODEL, { traits: {} }, touches);
      const byId = new Map(perTouch.map(({ own }) => [own.id, own]));
      for (const { own, touch, originId } of perTouch) {
        const origin = originId === undefined ? own : byId.get(originId);
        const labels = ({ channel, source, medium, campaign }: Touch) => ({
          channel,
          source,
          medium,
          campaign,
        });
        expect(labels(touch)).toEqual(origin && labels(origin));
      }
    }),
  );
});
