import { describe, expect, test } from '@jest/globals';
import type { Verdict } from '../domain/touchpoint.js';
import { requestSignals } from './request-signals.js';
import { verdictOf, type Acted } from './verdict.js';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36';
const GMAIL_PREFETCH =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0';
const GMAIL_PROXY =
  'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';

const acted = (more: Partial<Acted>): Acted => ({
  kind: 'email_open',
  userAgent: CHROME,
  ip: undefined,
  properties: {},
  ...more,
});

test.each<[string, Partial<Acted>, Verdict, string[]]>([
  ['a browser opens a mail', {}, 'human', []],
  ['nobody says who opened', { userAgent: undefined }, 'unknown', []],
  [
    'a crawler looks at a page',
    { kind: 'page_view', userAgent: 'Googlebot/2.1' },
    'crawler',
    ['user-agent-crawler'],
  ],
  [
    'a tool clicks',
    { kind: 'email_click', userAgent: 'python-requests/2.31' },
    'crawler',
    ['user-agent-crawler'],
  ],
  ['Apple’s proxy opens', { userAgent: 'Mozilla/5.0' }, 'machine_open', ['apple-mail-proxy']],
  ['Apple’s network opens', { ip: '17.58.1.2' }, 'machine_open', ['apple-mail-proxy']],
  ['Apple’s network clicks', { kind: 'email_click', ip: '17.58.1.2' }, 'human', []],
  ['Gmail loads ahead', { userAgent: GMAIL_PREFETCH }, 'machine_open', ['gmail-prefetch']],
  [
    'Gmail loads ahead from its network',
    { userAgent: GMAIL_PREFETCH, ip: '66.102.6.1' },
    'machine_open',
    ['gmail-prefetch'],
  ],
  ['an old browser outside Google', { userAgent: GMAIL_PREFETCH, ip: '198.51.100.7' }, 'human', []],
  ['Gmail’s proxy opens for its reader', { userAgent: GMAIL_PROXY, ip: '66.102.6.1' }, 'unknown', []],
  [
    'Yahoo’s proxy opens for its reader',
    { userAgent: 'YahooMailProxy; https://help.yahoo.com' },
    'unknown',
    [],
  ],
  [
    'SendGrid marks the open',
    { properties: { sg_machine_open: true } },
    'machine_open',
    ['provider-says-machine'],
  ],
  [
    'SparkPost marks the open',
    { properties: { is_prefetched: true } },
    'machine_open',
    ['provider-says-machine'],
  ],
  [
    'a provider marks the click',
    { kind: 'email_click', properties: { bot: true } },
    'link_scanner',
    ['provider-says-machine'],
  ],
  ['a page has a property of that name', { kind: 'page_view', properties: { bot: true } }, 'human', []],
  [
    'a security provider clicks',
    { kind: 'email_click', ip: '205.139.110.9' },
    'link_scanner',
    ['scanner-network'],
  ],
  [
    'the same over an IPv6 socket',
    { kind: 'email_click', ip: '::ffff:205.139.110.9' },
    'link_scanner',
    ['scanner-network'],
  ],
  ['an address that is none', { kind: 'email_click', ip: 'unknown' }, 'human', []],
  ['a click by HEAD', { kind: 'email_click', request: { method: 'HEAD' } }, 'link_scanner', ['head-request']],
  ['an open by HEAD', { request: { method: 'HEAD' } }, 'human', []],
  ['a hidden link', { kind: 'email_click', request: { isHoneypot: true } }, 'link_scanner', ['honeypot']],
  [
    'a prefetched click',
    { kind: 'email_click', request: { isPrefetch: true } },
    'link_scanner',
    ['prefetch-header'],
  ],
  [
    'several signals at once',
    { kind: 'email_click', userAgent: 'curl/8.0', request: { method: 'HEAD', isHoneypot: true } },
    'link_scanner',
    ['user-agent-crawler', 'head-request', 'honeypot'],
  ],
])('when %s, the verdict names its reasons', (_, more, verdict, reasons) => {
  expect(verdictOf(acted(more))).toEqual(
    reasons.length === 0 ? { verdict } : { verdict, verdictReasons: reasons },
  );
});

describe('the signals of a request', () => {
  test.each(['sec-purpose', 'purpose', 'x-purpose', 'x-moz'])('%s marks a prefetch', (header) => {
    for (const value of ['prefetch', 'prefetch;prerender', 'Preview'])
      expect(requestSignals({ method: 'GET', headers: { [header]: value } })).toMatchObject({
        isPrefetch: true,
      });
    expect(requestSignals({ method: 'GET', headers: { [header]: 'navigate' } })).toMatchObject({
      isPrefetch: false,
    });
  });

  test('are the method and the kind of link', () => {
    expect(requestSignals({ method: 'HEAD', headers: {} }, true)).toEqual({
      method: 'HEAD',
      isPrefetch: false,
      isHoneypot: true,
    });
  });
});
