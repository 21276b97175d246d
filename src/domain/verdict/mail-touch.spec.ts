import { expect, test } from '@jest/globals';
import type { Touchpoint } from '../touchpoint.js';
import { mailTouchOf } from './mail-touch.js';

const AT = Date.UTC(2026, 2, 3, 9);
const ADA = 'email:ada@acme.example';

const addressed = (more: Partial<Touchpoint>, at = AT) =>
  mailTouchOf('event', at, {
    kind: 'email_click',
    channel: 'email',
    identity: [ADA],
    verdict: 'human',
    ...more,
  });
const namesOf = (more: Partial<Touchpoint>) => {
  const { mail, campaign } = addressed(more) ?? {};
  return [mail, campaign].map((name) => name?.slice(name.indexOf(' ') + 1));
};

test.each<[string, Partial<Touchpoint>, string[]]>([
  ['its campaign', { campaign: 'spring' }, ['spring', 'spring']],
  [
    'the id of the mail to this recipient',
    { campaign: 'spring', properties: { mailId: 'm-1' } },
    ['m-1', 'spring'],
  ],
  ['the id of the campaign', { properties: { campaign_id: 7 } }, ['7', '7']],
  ['nothing', {}, ['', '']],
])('a mail is named by %s', (_, more, expected) => expect(namesOf(more)).toEqual(expected));

test('a click that alone knows its campaign is of the same mail as the delivery', () => {
  const properties = { mailId: 'm-1' };
  expect(addressed({ properties, campaign: 'by-the-link' })?.mail).toBe(
    addressed({ properties, kind: 'email_delivered' })?.mail,
  );
});

test('touchpoints before and after midnight are of one mail, those of the next day are not', () => {
  const midnight = Date.UTC(2026, 2, 4);
  const mailAt = (at: number) => addressed({ campaign: 'spring' }, at)?.mail;
  expect(mailAt(midnight + 60_000)).toBe(mailAt(midnight - 60_000));
  expect(mailAt(midnight + 86_400_000)).not.toBe(mailAt(midnight));
});

test.each<[string, Partial<Touchpoint>]>([
  ['a page view', { kind: 'page_view' }],
  ['a bounce', { kind: 'email_bounce' }],
  ['an anonymous open', { kind: 'email_open', identity: ['anonymous:a-1'] }],
])('%s is of no mail', (_, more) => expect(addressed(more)).toBeUndefined());
