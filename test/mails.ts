import fc from 'fast-check';
import type { IdentityKey } from '../src/domain/identity/keys.js';
import type { Touchpoint } from '../src/domain/touchpoint.js';
import type { Judgement } from '../src/domain/verdict/judgement.js';
import { pageView, type Entry } from './sample-events.js';

/** Mails of one campaign to people of one company, and one elsewhere; day 10 of `day`. */
export const RECIPIENTS: readonly IdentityKey[] = [
  ...['ada', 'bob', 'cyd', 'dan', 'eve', 'fay'].map((name): IdentityKey => `email:${name}@acme.example`),
  'email:zoe@beta.example',
];

const SECONDS_A_DAY = 86_400;
/** Delivered at 09:00 of day 10. */
export const DELIVERED = 10 + 9 / 24;

/** A touchpoint of the campaign, so many seconds after 09:00. */
export const mailTouch = (
  name: string,
  kind: Touchpoint['kind'],
  seconds: number,
  identity: readonly IdentityKey[],
  { link, address = '198.51.100.1', ...more }: Partial<Touchpoint> & { link?: string; address?: string } = {},
): Entry =>
  pageView(name, DELIVERED + seconds / SECONDS_A_DAY, identity, {
    kind,
    channel: 'email',
    campaign: 'spring',
    content: { id: 'mail-1', type: 'email' },
    context: { ip: address, userAgent: 'browser' },
    ...(link !== undefined && { properties: { url: `https://www.acme.example/${link}` } }),
    ...more,
  });

const recipient = fc.constantFrom(...RECIPIENTS);
const identity: fc.Arbitrary<readonly IdentityKey[]> = fc.oneof(
  { weight: 5, arbitrary: recipient.map((key) => [key]) },
  { weight: 1, arbitrary: recipient.map((key): IdentityKey[] => [key, 'anonymous:laptop']) },
  { weight: 1, arbitrary: recipient.map((key): IdentityKey[] => [key, 'user:u-1']) },
);

const own = fc.constantFrom<Judgement>(
  { verdict: 'human', reasons: [] },
  { verdict: 'human', reasons: [] },
  { verdict: 'unknown', reasons: [] },
  { verdict: 'machine_open', reasons: ['apple-mail-proxy'] },
  { verdict: 'crawler', reasons: ['user-agent-crawler'] },
);

/** Each of them clicks half an hour after the delivery, within two seconds. */
const burst = fc.subarray(RECIPIENTS.slice(0, 6), { minLength: 4 }).map((recipients) =>
  recipients.map((key, nth) =>
    mailTouch(`burst ${nth}`, 'email_click', 1_830 + nth / 3, [key], {
      link: 'a',
      address: `198.51.100.${nth}`,
    }),
  ),
);

const touches = (maxLength: number): fc.Arbitrary<readonly Entry[]> =>
  fc
    .array(
      fc.record({
        identity,
        own,
        kind: fc.constantFrom(
          ...([
            'email_delivered',
            'email_open',
            'email_click',
            'email_click',
            'email_click',
            'page_view',
          ] as const),
        ),
        seconds: fc.oneof(
          fc.integer({ min: 0, max: 12 }).map((half) => half / 2),
          fc.integer({ min: 0, max: 20 }).map((minute) => minute * 60),
        ),
        link: fc.constantFrom('a', 'b', 'c'),
        address: fc.constantFrom('198.51.100.1', '198.51.100.2'),
      }),
      { minLength: 1, maxLength, size: 'max' },
    )
    .map((all) =>
      all.map(({ identity: keys, own: { verdict, reasons }, kind, seconds, link, address }, nth) =>
        mailTouch(`mail ${nth}`, kind, seconds, keys, {
          ...{ link, address, verdict },
          ...(reasons.length > 0 && { verdictReasons: reasons }),
        }),
      ),
    );

/** Touchpoints of the campaign that are near each other: delivered, opened, scanned, clicked by several at once. */
export const mailTouches = (maxLength: number): fc.Arbitrary<readonly Entry[]> =>
  fc.tuple(touches(maxLength), burst).map((parts) => parts.flat());
