import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileRule, RuleSet } from './rule-match.js';
import type { RuledEvent } from './rule-match.js';
import type { VerdictMatch } from './rule.js';

const setOf = (matches: readonly VerdictMatch[]): RuleSet =>
  new RuleSet(matches.map((match, nth) => compileRule({ ruleId: `r-${nth}`, match, verdict: 'internal' })));

const matchTest = (match: VerdictMatch): ((event: RuledEvent) => boolean) => {
  const rules = setOf([match]);
  return (event) => rules.deciding(event) !== undefined;
};

const EVENT: RuledEvent = {
  id: '00000000-0000-4000-8000-000000000001',
  occurredAt: new Date('2026-03-01T09:30:00Z'),
  collector: 'web',
  data: {
    kind: 'page_view',
    channel: 'direct',
    identity: ['email:ada@mail.acme.example', 'anonymous:a-1'],
    content: { url: 'https://www.acme.example/pricing' },
    context: { ip: '198.51.100.7', userAgent: 'Mozilla/5.0 HeadlessChrome/140' },
    verdict: 'human',
  },
};

test.each<[VerdictMatch, boolean]>([
  [{ networks: ['198.51.100.0/24'] }, true],
  [{ networks: ['203.0.113.0/24', '198.51.100.7'] }, true],
  [{ networks: ['198.51.100.8'] }, false],
  [{ networks: ['2001:db8::/32'] }, false],
  [{ userAgents: ['headless'] }, true],
  [{ userAgents: ['phantom'] }, false],
  [{ kinds: ['email_open', 'page_view'] }, true],
  [{ kinds: ['email_open'] }, false],
  [{ collectors: ['web'] }, true],
  [{ collectors: ['mail'] }, false],
  [{ emailDomains: ['acme.example'] }, true],
  [{ emailDomains: ['ACME.example'] }, true],
  [{ emailDomains: ['me.example'] }, false],
  [{ urls: ['/pricing'] }, true],
  [{ urls: ['/blog/**'] }, false],
  [{ from: '2026-03-01T09:30:00Z', to: '2026-03-01T09:30:01Z' }, true],
  [{ from: '2026-03-01T10:30:01+01:00' }, false],
  [{ to: '2026-03-01T09:30:00Z' }, false],
  [{ eventIds: [EVENT.id] }, true],
  [{ eventIds: ['00000000-0000-4000-8000-000000000002'] }, false],
  [{ kinds: ['page_view'], networks: ['203.0.113.0/24'] }, false],
])('%j matches a touchpoint: %s', (match, expected) => {
  expect(matchTest(match)(EVENT)).toBe(expected);
});

test('an address written as IPv6 is in networks of IPv4, and an IPv6 address in its own', () => {
  const from = (ip: string): RuledEvent => ({ ...EVENT, data: { ...EVENT.data, context: { ip } } });
  expect(matchTest({ networks: ['198.51.100.0/24'] })(from('::ffff:198.51.100.7'))).toBe(true);
  expect(matchTest({ networks: ['2001:db8::/32'] })(from('2001:db8::1'))).toBe(true);
  expect(matchTest({ networks: ['0.0.0.0/0'] })(from('no address'))).toBe(false);
});

test('a rule with any texts can be compiled and asked', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 3 }), (texts) => {
      for (const part of ['networks', 'userAgents', 'collectors', 'emailDomains', 'urls', 'eventIds'])
        expect(typeof matchTest({ [part]: texts })(EVENT)).toBe('boolean');
    }),
    { numRuns: 500, examples: [[['http://[', '?', '#/', '**', '(', '\\', '/a?b=*']]] },
  );
});

test('the first rule of a set that matches by itself decides', () => {
  const part = <T>(...choices: readonly [T, ...T[]]) =>
    fc.option(fc.array(fc.constantFrom(...choices), { minLength: 1, maxLength: 3 }), { nil: undefined });
  const match = fc.record(
    {
      networks: part('198.51.100.0/24', '198.51.100.7', '203.0.113.0/24', '2001:db8::/32'),
      userAgents: part('headless', 'Chrome/1', 'phantom', 'mozilla'),
      kinds: part<'page_view' | 'email_open'>('page_view', 'email_open'),
      urls: part('/pricing', '**/pricing', '/blog/**', '/?id=*', 'www.acme.example/**', '*.acme.example/p*'),
    },
    { requiredKeys: [] },
  );
  const event = fc
    .record({
      ip: fc.constantFrom(undefined, '198.51.100.7', '203.0.113.9', '2001:db8::1', 'none'),
      userAgent: fc.constantFrom(undefined, 'Mozilla/5.0 HeadlessChrome/140', 'PhantomJS'),
      url: fc.constantFrom(undefined, 'https://www.acme.example/pricing', 'https://acme.example/?id=7', '/x'),
    })
    .map(({ ip, userAgent, url }): RuledEvent => {
      const context = { ...(ip && { ip }), ...(userAgent && { userAgent }) };
      const { content: _, ...data } = EVENT.data;
      return { ...EVENT, data: { ...data, context, ...(url && { content: { url } }) } };
    });
  fc.assert(
    fc.property(fc.array(match, { maxLength: 8 }), fc.array(event, { maxLength: 5 }), (matches, events) => {
      const given = matches as VerdictMatch[];
      const rules = setOf(given);
      for (const each of events) {
        const first = given.findIndex((own) => matchTest(own)(each));
        expect(rules.deciding(each)?.ruleId).toBe(first < 0 ? undefined : `r-${first}`);
      }
    }),
    { numRuns: 500 },
  );
});
