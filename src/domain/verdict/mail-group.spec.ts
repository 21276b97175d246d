import { describe, expect, test } from '@jest/globals';
import type { Verdict } from '../touchpoint.js';
import type { VerdictReason } from './reasons.js';
import { addToMail, mailVerdicts, markBurst, NO_MAIL } from './mail-group.js';
import type { MailTouch } from './mail-touch.js';

const SENT = Date.UTC(2026, 2, 3, 9);
let ids = 0;

const touch = (part: MailTouch['part'], seconds: number, more: Partial<MailTouch> = {}): MailTouch => ({
  id: `event-${String((ids += 1)).padStart(4, '0')}`,
  at: SENT + seconds * 1_000,
  part,
  own: { verdict: 'human', reasons: [] },
  address: 'home',
  agent: 'browser',
  keys: ['email:ada@acme.example'],
  ...more,
});
const delivered = touch('delivered', 0);
const open = (seconds: number, more?: Partial<MailTouch>) => touch('open', seconds, more);
const click = (seconds: number, link: string, more?: Partial<MailTouch>) =>
  touch('click', seconds, { link, ...more });
const own = (verdict: Verdict, ...reasons: VerdictReason[]) => ({ own: { verdict, reasons } });
const APPLE = own('machine_open', 'apple-mail-proxy');
const GATEWAY = { address: 'gateway', agent: 'scanner' };

/** The verdict of each touchpoint in the order given, with its reasons. */
function judge(touches: readonly MailTouch[]): string[] {
  const verdicts = mailVerdicts(touches.reduce(addToMail, NO_MAIL));
  return touches
    .filter(({ part }) => part === 'open' || part === 'click')
    .map(({ id }) => {
      const { verdict, reasons } = verdicts.get(id) ?? { verdict: 'none', reasons: [] };
      return [verdict, ...reasons].join(' ');
    });
}

describe('what a person does with a mail is a person’s', () => {
  test.each<[string, MailTouch[]]>([
    ['opens it and clicks', [open(600), click(620, 'a')]],
    ['clicks with pictures blocked', [click(300, 'a')]],
    ['opens two links within ten seconds', [open(600), click(605, 'a'), click(613, 'b')]],
    ['clicks the same link twice at once', [open(600), click(605, 'a'), click(605.2, 'a')]],
    [
      'comes back the next hour on the phone',
      [
        open(600),
        click(605, 'a'),
        open(4_000, { address: 'phone' }),
        click(4_010, 'b', { address: 'phone' }),
      ],
    ],
  ])('%s', (_, touches) => {
    expect(new Set(judge([delivered, ...touches]))).toEqual(new Set(['human']));
  });

  test('where Apple Mail opened it before', () => {
    expect(judge([delivered, open(3, APPLE), click(7_200, 'a')])).toEqual([
      'machine_open apple-mail-proxy soon-after-delivery',
      'human',
    ]);
  });

  test('where a scanner was there before, from the same network', () => {
    const touches = [
      click(2, 'a', GATEWAY),
      click(3, 'b', GATEWAY),
      open(5_000),
      click(5_030, 'a', { address: 'gateway' }),
    ];
    expect(judge([delivered, ...touches]).slice(2)).toEqual(['human', 'human']);
  });

  test('where it is read while a scanner is at work', () => {
    const scan = [
      click(100, 'a', { address: '1' }),
      click(160, 'b', { address: '2' }),
      click(220, 'c', { address: '3' }),
    ];
    expect(judge([delivered, ...scan, open(300), click(330, 'a')]).slice(3)).toEqual(['human', 'human']);
  });
});

describe('what a scanner does with a mail is a machine’s', () => {
  test.each<[string, MailTouch[], string[]]>([
    ['seconds after the delivery', [click(4, 'a')], ['link_scanner soon-after-delivery before-open']],
    ['before the delivery is known', [click(-20, 'a')], ['link_scanner soon-after-delivery before-open']],
    ['within a minute, unopened', [click(40, 'a')], ['link_scanner before-open']],
    [
      'all links at once, later',
      [open(500), click(600, 'a'), click(600.4, 'b')],
      ['machine_open same-source', 'link_scanner links-at-once', 'link_scanner links-at-once'],
    ],
    [
      'one link after the other from several addresses',
      [
        open(100),
        click(200, 'a', { address: '1' }),
        click(300, 'b', { address: '2' }),
        click(400, 'c', { address: '1' }),
      ],
      ['human', ...Array<string>(3).fill('link_scanner links-from-several-addresses')],
    ],
    [
      'HEAD, and then GET from the same source',
      [
        open(10),
        click(100, 'a', { ...GATEWAY, ...own('link_scanner', 'head-request') }),
        open(110),
        click(102, 'a', GATEWAY),
      ],
      ['human', 'link_scanner head-request', 'human', 'link_scanner same-source follows-scanner'],
    ],
    [
      'a honeypot, and what follows before anybody opens the mail',
      [click(100, 'x', own('link_scanner', 'honeypot')), click(190, 'a', GATEWAY)],
      ['link_scanner honeypot', 'link_scanner follows-scanner'],
    ],
    ['the picture seconds after the delivery', [open(1)], ['machine_open soon-after-delivery']],
    [
      'the picture with the links',
      [open(20, GATEWAY), click(21, 'a', GATEWAY), click(21.5, 'b', GATEWAY)],
      ['machine_open same-source with-scanner', 'link_scanner links-at-once', 'link_scanner links-at-once'],
    ],
  ])('%s', (_, touches, expected) => {
    expect(judge([delivered, ...touches])).toEqual(expected);
  });

  test('where only the time of sending is known', () => {
    expect(judge([touch('sent', 0), click(4, 'a')])).toEqual([
      'link_scanner soon-after-delivery before-open',
    ]);
  });

  test('what the delivery says counts for more than the sending', () => {
    expect(judge([touch('sent', 0), touch('delivered', 300), open(290), click(4_000, 'a')])).toEqual([
      'machine_open soon-after-delivery',
      'human',
    ]);
  });
});

test('clicks of several recipients at once are a scanner’s', () => {
  const one = click(3_000, 'a');
  const group = markBurst([delivered, open(2_900), one].reduce(addToMail, NO_MAIL), one.id);
  expect(mailVerdicts(group).get(one.id)).toEqual({
    verdict: 'link_scanner',
    reasons: ['recipients-at-once'],
  });
});

test('what the event itself says of a machine stays', () => {
  expect(judge([delivered, click(2, 'a', own('crawler', 'user-agent-crawler')), open(2, APPLE)])).toEqual([
    'crawler user-agent-crawler soon-after-delivery',
    'machine_open apple-mail-proxy soon-after-delivery same-source with-scanner',
  ]);
});
