import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { generated } from '../../bin/referrers.mjs';
import { refererOf } from '../intake/address.js';
import { originOf } from './channel.js';
import type { Channel } from './touchpoint.js';

const originFrom = (referrer: string) =>
  originOf({
    kind: 'page_view',
    page: { host: 'www.acme.example', site: 'acme.example' },
    referrer: refererOf(referrer.includes(':') ? referrer : `https://${referrer}/`),
  });

/** Channel, source, and after them the hosts that are it. */
const KNOWN: readonly (readonly [channel: Channel, source: string, hosts: string])[] = [
  [
    'organic_search',
    'google',
    'www.google.com google.com www.google.de www.google.co.uk www.google.com.au google.co.jp m.google.com',
  ],
  [
    'organic_search',
    'google',
    'images.google.de news.google.com scholar.google.com cse.google.com lens.google.com',
  ],
  ['organic_search', 'google', 'android-app://com.google.android.googlequicksearchbox/'],
  ['organic_search', 'bing', 'www.bing.com cn.bing.com m.bing.com android-app://com.microsoft.bing'],
  [
    'organic_search',
    'yahoo',
    'search.yahoo.com de.search.yahoo.com r.search.yahoo.com search.yahoo.co.jp www.yahoo.com',
  ],
  [
    'organic_search',
    'duckduckgo',
    'duckduckgo.com html.duckduckgo.com android-app://com.duckduckgo.mobile.android',
  ],
  ['organic_search', 'yandex', 'yandex.ru www.yandex.com yandex.com.tr ya.ru'],
  ['organic_search', 'baidu', 'www.baidu.com m.baidu.com'],
  ['organic_search', 'ecosia', 'www.ecosia.org'],
  ['organic_search', 'startpage', 'www.startpage.com eu.startpage.com'],
  ['organic_search', 'qwant', 'www.qwant.com lite.qwant.com'],
  ['organic_search', 'brave', 'search.brave.com'],
  ['organic_search', 'kagi', 'kagi.com'],
  ['organic_search', 'seznam', 'search.seznam.cz www.seznam.cz'],
  ['organic_search', 'naver', 'search.naver.com m.search.naver.com www.naver.com'],
  ['organic_search', 'sogou', 'www.sogou.com wap.sogou.com'],
  // Portals' search, by the list of Snowplow's referer-parser.
  ['organic_search', 'gmx', 'suche.gmx.net'],
  ['organic_search', 'web.de', 'suche.web.de'],
  ['organic_search', 't_online', 'suche.t-online.de'],
  ['organic_search', 'freenet', 'suche.freenet.de'],
  ['organic_search', 'orange', 'lemoteur.orange.fr search.orange.co.uk'],
  ['organic_search', 'virgilio', 'ricerca.virgilio.it'],
  ['organic_search', 'wirtualna_polska', 'szukaj.wp.pl'],
  ['organic_search', 'onet', 'szukaj.onet.pl'],
  ['organic_search', 'sapo', 'pesquisa.sapo.pt'],
  ['organic_search', 'uol.com.br', 'busca.uol.com.br'],
  ['organic_search', 'bluewin', 'search.bluewin.ch'],
  ['organic_search', 'aol', 'search.aol.com search.aol.co.uk suche.aol.de'],
  ['organic_search', 'mail.ru', 'go.mail.ru'],
  [
    'organic_social',
    'linkedin',
    'www.linkedin.com linkedin.com de.linkedin.com m.linkedin.com lnkd.in android-app://com.linkedin.android',
  ],
  [
    'organic_social',
    'facebook',
    'www.facebook.com facebook.com m.facebook.com l.facebook.com lm.facebook.com web.facebook.com de-de.facebook.com fb.me',
  ],
  ['organic_social', 'facebook', 'android-app://com.facebook.katana/ business.facebook.com'],
  [
    'organic_social',
    'instagram',
    'www.instagram.com l.instagram.com m.instagram.com android-app://com.instagram.android',
  ],
  [
    'organic_social',
    'twitter',
    't.co twitter.com mobile.twitter.com x.com www.x.com android-app://com.twitter.android/tweet',
  ],
  [
    'organic_social',
    'reddit',
    'www.reddit.com old.reddit.com out.reddit.com amp.reddit.com android-app://com.reddit.frontpage',
  ],
  ['organic_social', 'threads', 'www.threads.net l.threads.com'],
  ['organic_social', 'bluesky', 'bsky.app go.bsky.app'],
  ['organic_social', 'mastodon', 'mastodon.social fosstodon.org android-app://org.joinmastodon.android'],
  [
    'organic_social',
    'pinterest',
    'www.pinterest.com www.pinterest.de www.pinterest.co.uk br.pinterest.com pin.it',
  ],
  ['organic_social', 'tiktok', 'www.tiktok.com m.tiktok.com android-app://com.zhiliaoapp.musically'],
  ['organic_social', 'xing', 'www.xing.com android-app://com.xing.android'],
  ['organic_social', 'vk', 'vk.com m.vk.com away.vk.com'],
  ['organic_social', 'whatsapp', 'web.whatsapp.com wa.me android-app://com.whatsapp'],
  ['organic_social', 'telegram', 't.me web.telegram.org android-app://org.telegram.messenger'],
  ['organic_social', 'hackernews', 'news.ycombinator.com'],
  ['organic_social', 'stackoverflow', 'stackoverflow.com'],
  ['organic_social', 'quora', 'www.quora.com de.quora.com'],
  ['organic_social', 'yammer', 'www.yammer.com engage.cloud.microsoft'],
  ['organic_social', 'douban', 'douban.com'],
  [
    'organic_social',
    'youtube',
    'www.youtube.com m.youtube.com youtu.be android-app://com.google.android.youtube',
  ],
  ['organic_social', 'vimeo', 'vimeo.com player.vimeo.com'],
  ['organic_social', 'wistia', 'fast.wistia.net acme.wistia.com'],
  ['email', 'gmail', 'mail.google.com android-app://com.google.android.gm/'],
  ['email', 'outlook', 'outlook.live.com outlook.office.com outlook.office365.com outlook.cloud.microsoft'],
  ['email', 'outlook', 'eur02.safelinks.protection.outlook.com android-app://com.microsoft.office.outlook'],
  ['email', 'yahoo_mail', 'mail.yahoo.com us-mg6.mail.yahoo.com mail.yahoo.co.jp'],
  ['email', 'proton_mail', 'mail.proton.me mail.protonmail.com'],
  ['email', 'tuta', 'mail.tutanota.com app.tuta.com'],
  ['email', 'fastmail', 'app.fastmail.com www.fastmail.com'],
  ['email', 'gmx', 'www.gmx.net 3c.gmx.net deref-gmx.net'],
  ['email', 'web.de', '3c.web.de deref-web.de'],
  ['email', 'mail.ru', 'e.mail.ru touch.mail.ru'],
  ['email', 'yandex_mail', 'mail.yandex.ru mail.yandex.com'],
  ['email', 'icloud_mail', 'www.icloud.com'],
  ['email', 'zoho_mail', 'mail.zoho.com mail.zoho.eu'],
  ['email', 'qq_mail', 'mail.qq.com exmail.qq.com'],
  ['email', 'mimecast', 'protect-eu.mimecast.com'],
  ['email', 'mailchimp', 'acme.us4.list-manage.com mailchi.mp'],
  // The web mail of a company or provider that is in no list.
  ['email', 'webmail.customer.example', 'webmail.customer.example'],
  ['email', 'webmail2.isp.example', 'webmail2.isp.example'],
  ['email', 'mail.customer.example', 'mail.customer.example'],
  ['email', 'owa.customer.example', 'owa.customer.example'],
  ['email', 'email.partner.example', 'email.partner.example'],
  ['referral', 'amazon', 'www.amazon.com www.amazon.de amazon.co.uk'],
  ['referral', 'ebay', 'www.ebay.de ebay.com'],
  ['referral', 'chatgpt.com', 'chatgpt.com chat.openai.com android-app://com.openai.chatgpt'],
  ['referral', 'claude.ai', 'claude.ai'],
  ['referral', 'gemini.google.com', 'gemini.google.com'],
  ['referral', 'copilot.microsoft.com', 'copilot.microsoft.com'],
  ['referral', 'perplexity.ai', 'www.perplexity.ai'],
  // In no list: the host is the source.
  ...(
    'docs.google.com drive.google.com meet.google.com sites.google.com calendar.google.com classroom.google.com ' +
    'cloud.google.com support.google.com developers.google.com finance.yahoo.com docs.yandex.ru github.com g2.com ' +
    'notmail.example mailing.example google.evil.example google.com.evil.example linkedin.com.evil.example ' +
    'evil-google.com linkedin.evil.example googlefacebook.com'
  )
    .split(' ')
    .map((host) => ['referral', host, host] as const),
  ['referral', 'com.slack', 'android-app://com.slack/'],
];

describe('the referrer', () => {
  test.each(
    KNOWN.flatMap(([channel, source, hosts]) =>
      hosts.split(' ').map((host) => [host, channel, source] as const),
    ),
  )('%s has the channel %s and the source %s', (host, channel, source) =>
    expect(originFrom(host)).toMatchObject({ channel, source }),
  );
});

test('an AI assistant as referrer has the medium of GA4', () =>
  expect(originFrom('chatgpt.com')).toMatchObject({ medium: 'ai-assistant' }));

test('the generated referrer hosts are those of the installed package', () =>
  expect(readFileSync(new URL('./referrer-hosts.json', import.meta.url), 'utf8')).toBe(generated()));
