import { describe, expect, test } from '@jest/globals';
import { type Arrival, originOf } from './channel.js';
import type { Place } from './place.js';
import type { Channel, TouchpointKind } from './touchpoint.js';

const place = (host: string, site = host.split('.').slice(-2).join('.')): Place => ({ host, site });
const arrive = (arrival: Partial<Arrival>): Channel => originOf({ kind: 'page_view', ...arrival }).channel;

describe('campaign parameters', () => {
  test.each<[string | undefined, string | undefined, Channel]>([
    ['google', 'cpc', 'paid_search'],
    ['Google', 'CPC', 'paid_search'],
    ['bing', 'ppc', 'paid_search'],
    ['duckduckgo', 'paid', 'paid_search'],
    [undefined, 'cpc', 'paid_search'],
    ['capterra', 'ppc', 'paid_search'],
    ['capterra', 'paid', 'other'],
    ['linkedin', 'cpc', 'paid_social'],
    ['linkedin', 'paid-social', 'paid_social'],
    ['anything', 'paid_social', 'paid_social'],
    ['facebook', 'paid', 'paid_social'],
    ['reddit', 'retargeting', 'paid_social'],
    ['youtube', 'cpc', 'display'],
    ['dv360', 'display', 'display'],
    ['adroll', 'banner', 'display'],
    // GA4's paid media are `.*cp.*`, and a search engine's come first.
    ['google', 'cpm', 'paid_search'],
    ['adroll', 'cpm', 'display'],
    ['linkedin', 'social', 'organic_social'],
    ['linkedin', undefined, 'organic_social'],
    ['linkedin', 'referral', 'organic_social'],
    ['buffer', 'social-media', 'organic_social'],
    ['youtube', 'video', 'organic_social'],
    ['google', 'organic', 'organic_search'],
    ['google', undefined, 'organic_search'],
    ['ecosia', undefined, 'organic_search'],
    ['hubspot', 'email', 'email'],
    ['newsletter', undefined, 'email'],
    ['spring-issue', 'e-mail', 'email'],
    ['e_mail', 'whatever', 'email'],
    ['partnerstack', 'affiliate', 'affiliate'],
    ['g2.com', 'referral', 'referral'],
    ['techcrunch.com', undefined, 'referral'],
    ['acme-partner', 'partner', 'referral'],
    ['saastr', 'conference', 'event'],
    ['webinar', undefined, 'event'],
    ['outreach', 'outbound', 'sales'],
    ['(direct)', '(none)', 'direct'],
    ['google', '(none)', 'organic_search'],
    ['podcast', 'audio', 'other'],
    ['twilio', 'sms', 'other'],
    ['mystery', undefined, 'other'],
  ])('with source %s and medium %s have the channel %s', (source, medium, channel) =>
    expect(arrive({ source, medium })).toBe(channel),
  );

  test('with a campaign name alone are not direct', () =>
    expect(arrive({ campaign: 'spring' })).toBe('other'));

  test('take precedence over click ids and the referrer', () => {
    const arrival = {
      source: 'newsletter',
      medium: 'email',
      parameters: ['gclid'],
      referrer: place('www.google.com'),
    };
    expect(originOf({ kind: 'page_view', ...arrival })).toEqual({
      channel: 'email',
      source: 'newsletter',
      medium: 'email',
    });
  });

  test.each<[Partial<Arrival>, Channel, string | undefined, string | undefined]>([
    [{ source: 'mystery', parameters: ['gclid'] }, 'other', 'mystery', undefined],
    [{ source: 'newsletter', parameters: ['gclid'] }, 'email', 'newsletter', undefined],
    [{ source: 'linkedin', parameters: ['gclid'] }, 'organic_social', 'linkedin', undefined],
    [{ medium: 'email', parameters: ['gclid'] }, 'email', undefined, 'email'],
    [{ medium: 'referral', parameters: ['msclkid'] }, 'referral', undefined, 'referral'],
    [
      { source: 'partner.example', medium: 'referral', parameters: ['fbclid'] },
      'referral',
      'partner.example',
      'referral',
    ],
    [{ source: 'google', parameters: ['gclid'] }, 'paid_search', 'google', 'cpc'],
    [{ source: 'adwords', parameters: ['gclid'] }, 'paid_search', 'adwords', 'cpc'],
    [{ source: 'linkedin', parameters: ['li_fat_id'] }, 'paid_social', 'linkedin', 'cpc'],
    [{ medium: 'cpc', parameters: ['gclid'] }, 'paid_search', 'google', 'cpc'],
    [{ medium: 'paid_social', parameters: ['fbclid'] }, 'paid_social', 'facebook', 'paid_social'],
    [{ parameters: ['fbclid', 'gclid'] }, 'paid_search', 'google', 'cpc'],
  ])('are not overridden by a click id: %j', (arrival, channel, source, medium) =>
    expect(originOf({ kind: 'page_view', ...arrival })).toEqual({
      channel,
      ...(source && { source }),
      ...(medium && { medium }),
    }),
  );
});

describe('click ids', () => {
  test.each<[string, Channel, string]>([
    ['gclid', 'paid_search', 'google'],
    ['wbraid', 'paid_search', 'google'],
    ['msclkid', 'paid_search', 'bing'],
    ['dclid', 'display', 'google'],
    ['li_fat_id', 'paid_social', 'linkedin'],
    ['ttclid', 'paid_social', 'tiktok'],
    ['twclid', 'paid_social', 'twitter'],
    ['rdt_cid', 'paid_social', 'reddit'],
    ['ScCid', 'paid_social', 'snapchat'],
    ['fbclid', 'organic_social', 'facebook'],
    ['mc_eid', 'email', 'mailchimp'],
    ['mkt_tok', 'email', 'marketo'],
    ['irclickid', 'affiliate', 'impact'],
  ])('%s have the channel %s and the source %s', (id, channel, source) => {
    expect(originOf({ kind: 'page_view', parameters: ['page', id] })).toMatchObject({ channel, source });
  });

  test('complement a tag of their own platform, and are ignored for another source', () => {
    expect(arrive({ source: 'google', parameters: ['gclid'] })).toBe('paid_search');
    expect(arrive({ source: 'newsletter', parameters: ['fbclid'] })).toBe('email');
  });

  test('of Facebook count with a paid medium', () => {
    expect(arrive({ medium: 'paid_social', parameters: ['fbclid'] })).toBe('paid_social');
  });
});

describe('a referrer', () => {
  test.each<[Place, Channel, string | undefined]>([
    [place('www.google.com'), 'organic_search', 'google'],
    [place('www.google.co.uk', 'google.co.uk'), 'organic_search', 'google'],
    [place('www.bing.com'), 'organic_search', 'bing'],
    [place('search.yahoo.com'), 'organic_search', 'yahoo'],
    [place('duckduckgo.com'), 'organic_search', 'duckduckgo'],
    [place('mail.google.com'), 'email', 'gmail'],
    [place('outlook.live.com'), 'email', 'outlook'],
    [place('www.linkedin.com'), 'organic_social', 'linkedin'],
    [place('lnkd.in'), 'organic_social', 'linkedin'],
    [place('t.co'), 'organic_social', 'twitter'],
    [place('l.facebook.com'), 'organic_social', 'facebook'],
    [place('news.ycombinator.com'), 'organic_social', 'hackernews'],
    [place('com.linkedin.android', 'com.linkedin.android'), 'organic_social', 'linkedin'],
    [place('www.youtube.com'), 'organic_social', 'youtube'],
    [place('www.g2.com'), 'referral', 'g2.com'],
    [place('chatgpt.com'), 'referral', 'chatgpt.com'],
    [place('google.evil.example', 'evil.example'), 'referral', 'google.evil.example'],
    [place('accounts.google.com'), 'direct', undefined],
    [place('blog.acme.example', 'acme.example'), 'direct', undefined],
  ])('%j has the channel %s', (referrer, channel, source) => {
    const page = place('www.acme.example', 'acme.example');
    expect(originOf({ kind: 'page_view', page, referrer })).toMatchObject({
      channel,
      ...(source ? { source } : {}),
    });
  });

  test('absent together with all other evidence is direct', () =>
    expect(originOf({ kind: 'page_view' })).toEqual({ channel: 'direct' }));
});

describe('a touchpoint kind', () => {
  test.each<[TouchpointKind, Partial<Arrival>, Channel]>([
    ['email_open', {}, 'email'],
    ['email_click', { source: 'google', medium: 'cpc' }, 'email'],
    ['sales_call', { referrer: place('www.google.com') }, 'sales'],
    ['meeting', {}, 'sales'],
    ['webinar_attended', {}, 'event'],
    ['webinar_registered', { source: 'linkedin', medium: 'cpc' }, 'paid_social'],
    ['webinar_registered', { referrer: place('www.google.com') }, 'event'],
    ['ad_click', {}, 'display'],
    ['ad_click', { parameters: ['gclid'] }, 'paid_search'],
    ['social_engagement', {}, 'organic_social'],
    ['form_fill', { referrer: place('www.google.com') }, 'organic_search'],
    ['custom', {}, 'direct'],
  ])('%s with %j has the channel %s', (kind, arrival, channel) =>
    expect(arrive({ kind, ...arrival })).toBe(channel),
  );
});
