import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { CHANNEL_OF_GROUP, channelGroup, channelOfTags, type ChannelGroup } from './channel-group.js';
import type { Channel } from './touchpoint.js';

/**
 * The rules for manual traffic of "[GA4] Default channel group" (support.google.com/analytics/answer/9756891), as they
 * stand there, in their order. Source categories by "GA4 default channel group sources and categories", linked there.
 */
type Source = readonly [name: string, category: 'search' | 'social' | 'shopping' | 'video' | undefined];
const PAID = /^(.*cp.*|ppc|retargeting|paid.*)$/;
const isOne = (value: string, ...values: string[]): boolean => values.includes(value);
const EMAIL = ['email', 'e-mail', 'e_mail', 'e mail'];

const RULES: readonly (readonly [
  ChannelGroup,
  (source: Source, medium: string, campaign: string) => boolean,
])[] = [
  ['Direct', ([name], medium) => name === '(direct)' && isOne(medium, '(not set)', '(none)')],
  ['Cross-network', (_, __, campaign) => campaign.includes('cross-network')],
  ['Paid Shopping', ([, category], medium) => category === 'shopping' && PAID.test(medium)],
  ['Paid Search', ([, category], medium) => category === 'search' && PAID.test(medium)],
  ['Paid Social', ([, category], medium) => category === 'social' && PAID.test(medium)],
  ['Paid Video', ([, category], medium) => category === 'video' && PAID.test(medium)],
  ['Display', (_, medium) => isOne(medium, 'display', 'banner', 'expandable', 'interstitial', 'cpm')],
  ['Paid Other', (_, medium) => PAID.test(medium)],
  ['Organic Shopping', ([, category]) => category === 'shopping'],
  [
    'Organic Social',
    ([, category], medium) =>
      category === 'social' ||
      isOne(medium, 'social', 'social-network', 'social-media', 'sm', 'social network', 'social media'),
  ],
  ['Organic Video', ([, category], medium) => category === 'video' || /^(.*video.*)$/.test(medium)],
  ['Organic Search', ([, category], medium) => category === 'search' || medium === 'organic'],
  ['AI Assistant', (_, medium) => medium === 'ai-assistant'],
  ['Referral', (_, medium) => isOne(medium, 'referral', 'app', 'link')],
  ['Email', ([name], medium) => EMAIL.includes(name) || EMAIL.includes(medium)],
  ['Affiliates', (_, medium) => medium === 'affiliate'],
  ['Audio', (_, medium) => medium === 'audio'],
  ['SMS', ([name], medium) => name === 'sms' || medium === 'sms'],
  [
    'Mobile Push Notifications',
    ([name], medium) => medium.endsWith('push') || /mobile|notification/.test(medium) || name === 'firebase',
  ],
];

const SOURCES: readonly Source[] = [
  ...'google bing yahoo duckduckgo baidu yandex naver seznam msn ecosia.org qwant.com de.search.yahoo.com m.baidu.com'
    .split(' ')
    .map((name): Source => [name, 'search']),
  ...(
    'facebook fb linkedin linkedin.com lnkd.in instagram ig twitter t.co reddit old.reddit.com quora pinterest tiktok ' +
    'snapchat whatsapp xing l.facebook.com lm.facebook.com m.facebook.com l.instagram.com web.facebook.com stackoverflow ' +
    'glassdoor yammer meetup.com medium.com t.me news.ycombinator.com social'
  )
    .split(' ')
    .map((name): Source => [name, 'social']),
  ...'amazon amazon.co.uk ebay ebay.de etsy.com walmart alibaba.com shopify stripe mercadolibre.com.mx'
    .split(' ')
    .map((name): Source => [name, 'shopping']),
  ...'youtube youtube.com m.youtube.com vimeo player.vimeo.com wistia fast.wistia.net twitch ted.com'
    .split(' ')
    .map((name): Source => [name, 'video']),
  ...'(direct) acme-partner spring-issue g2.com sms firebase email e-mail e_mail hubspot saastr'
    .split(' ')
    .map((name): Source => [name, undefined]),
];
const MEDIA = [
  ...[
    '(none)',
    '(not set)',
    'cpc',
    'cpm',
    'cpa',
    'ecpc',
    'ppc',
    'paid',
    'paid-social',
    'paidsearch',
    'retargeting',
  ],
  ...['display', 'banner', 'expandable', 'interstitial', 'social', 'social-network', 'social-media', 'sm'],
  ...[
    'social network',
    'social media',
    'video',
    'organic video',
    'organic',
    'ai-assistant',
    'referral',
    'app',
    'link',
  ],
  ...[...EMAIL, 'affiliate', 'audio', 'sms', 'push', 'web push', 'mobile', 'notification', 'qr', 'pdf'],
];

test.each(SOURCES)('source %s (%s) with every medium has the channel group of GA4', (name, category) => {
  for (const medium of MEDIA) {
    for (const campaign of ['', 'brand', 'cross-network', 'spring 2026']) {
      const source: Source = [name, category];
      const [group] = RULES.find(([, holds]) => holds(source, medium, campaign)) ?? ['Unassigned' as const];
      const ours = channelGroup({ source: name, medium, ...(campaign && { campaign }) });
      expect([name, medium, campaign, ours]).toEqual([name, medium, campaign, group]);
    }
  }
});

test('a medium without a source has the channel group of GA4', () => {
  for (const medium of MEDIA) {
    const [group] = RULES.find(([, holds]) => holds(['', undefined], medium, '')) ?? ['Unassigned' as const];
    const isAbsent = ['(none)', '(not set)'].includes(medium);
    expect([medium, channelGroup({ medium })]).toEqual([medium, isAbsent ? 'Direct' : group]);
  }
});

test('the documented table of channel groups equals the code', () => {
  const page = readFileSync('docs/channels.md', 'utf8');
  const rows = [...page.matchAll(/^\| ([A-Z][\w -]+?) +\| `(\w+)` /gm)].map(([, group, channel]) => [
    group,
    channel,
  ]);
  expect(Object.fromEntries(rows)).toEqual(CHANNEL_OF_GROUP);
});

describe('beyond GA4', () => {
  test.each<
    [source: string | undefined, medium: string | undefined, campaign: string | undefined, channel: Channel]
  >([
    ['saastr', 'conference', undefined, 'event'],
    ['webinar', undefined, undefined, 'event'],
    ['outreach', 'sdr', undefined, 'sales'],
    ['acme', 'partner', undefined, 'referral'],
    ['partner.example', undefined, undefined, 'referral'],
    ['partnerstack', 'affiliates', undefined, 'affiliate'],
    ['newsletter', undefined, undefined, 'email'],
    ['may-issue', 'newsletter', undefined, 'email'],
    ['capterra', 'cpc', undefined, 'paid_search'],
    ['capterra', 'paid_social', undefined, 'paid_social'],
    ['capterra', 'paid', undefined, 'other'],
    ['google', 'sem', undefined, 'paid_search'],
    ['facebook', 'remarketing', undefined, 'paid_social'],
    ['adroll', 'programmatic', undefined, 'display'],
    ['buffer', 'social_media', undefined, 'organic_social'],
    ['Google Ads'.toLowerCase(), 'cpc', undefined, 'paid_search'],
    ['linkedin_ads', 'cpc', undefined, 'paid_social'],
    ['mail.google.com', 'referral', undefined, 'email'],
    ['webmail.acme.example', 'referral', undefined, 'email'],
    ['mailchimp', undefined, undefined, 'email'],
    ['chatgpt.com', undefined, undefined, 'referral'],
    ['google', 'cpc', 'cross-network spring', 'paid_search'],
    // A campaign's name makes shopping only where source and medium make nothing.
    ['acme', 'email', 'shop-floor-2026', 'email'],
    ['facebook', 'cpc', 'summer-shop', 'paid_social'],
    ['acme', 'paid', 'summer-shop', 'paid_search'],
    ['acme', 'qr', 'summer-shop', 'referral'],
    ['acme', 'qr', 'workshop', 'other'],
    ['direct', 'none', undefined, 'direct'],
    ['google', '(not set)', undefined, 'organic_search'],
    ['(not set)', 'cpc', undefined, 'paid_search'],
  ])('source %s, medium %s, campaign %s has the channel %s', (source, medium, campaign, channel) =>
    expect(channelOfTags({ source, medium, campaign })).toBe(channel),
  );
});
