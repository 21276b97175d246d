import type { Channel } from './touchpoint.js';

/**
 * Who is a search engine, a social network, a video site, a web mail. Google does not publish all of its list; these
 * are the entries of its download ("GA4 default channel group sources and categories") that B2B sites meet, with the
 * hosts and app packages they send as referrer. Left the names as tagged or met, right the source reports show.
 */
const places = (list: string): ReadonlyMap<string, string> =>
  new Map(
    list.split(',').flatMap((entry) => {
      const [name = '', ...aliases] = entry.trim().split('=');
      return [name, ...aliases].map((alias) => [alias, name] as const);
    }),
  );

/** Sources apart by commas, each with its aliases by `=`; `name.com`, `name.de`, `name.co.uk` need no alias. */
export const SEARCH = places(
  'google=adwords=googleads=google_ads=google-ads=com.google.android.googlequicksearchbox, ' +
    'bing=bingads=bing_ads=microsoft_ads=msn, yahoo=search.yahoo.com, duckduckgo=ddg=com.duckduckgo.mobile.android, ' +
    'yandex=ya.ru, baidu, ecosia, startpage, qwant, naver, seznam, daum, sogou, kagi, aol, ask, lycos, presearch, ' +
    'swisscows, mojeek, brave=search.brave.com, so=so.com=360.cn',
);

export const SOCIAL = places(
  'linkedin=lnkd.in=com.linkedin.android=linkedin_ads, facebook=fb=fb.com=fb.me=facebook_ads=meta=com.facebook.katana, ' +
    'messenger, instagram=ig=com.instagram.android, twitter=t.co=x=x.com=com.twitter.android, ' +
    'reddit=redd.it=com.reddit.frontpage, quora, pinterest=pin.it, tumblr, tiktok, snapchat, threads, ' +
    'mastodon=mastodon.social, bluesky=bsky.app, xing, viadeo, vk=vk.com, ok.ru, weibo, wechat, whatsapp=wa.me, ' +
    'telegram=t.me, discord, meetup, hackernews=news.ycombinator.com, stackoverflow, slideshare, producthunt, ' +
    'glassdoor, yammer',
);

export const VIDEO = places(
  'youtube=youtu.be=com.google.android.youtube, vimeo, wistia, twitch, dailymotion',
);

export const WEBMAIL = places(
  'gmail=mail.google.com=com.google.android.gm=inbox.google.com, ' +
    'outlook=outlook.live.com=outlook.office.com=outlook.office365.com=com.microsoft.office.outlook, ' +
    'yahoo_mail=mail.yahoo.com, gmx, web.de, mail.ru=e.mail.ru, aol_mail=mail.aol.com, zoho_mail=mail.zoho.com, ' +
    'proton_mail=mail.proton.me, mailchimp, sendgrid, mailgun, klaviyo, activecampaign, customer.io',
);

/** Log-in and payment pages that lie on the way between two pages of one site. */
export const RELAYS: ReadonlySet<string> = new Set([
  'accounts.google.com',
  'login.microsoftonline.com',
  'login.live.com',
  'appleid.apple.com',
  'login.okta.com',
  'checkout.stripe.com',
  'paypal.com',
  'www.paypal.com',
]);

export interface ClickOrigin {
  readonly channel: Channel;
  readonly source: string;
  readonly medium: string;
}

const click = (channel: Channel, source: string, medium: string): ClickOrigin => ({
  channel,
  source,
  medium,
});
const GOOGLE_ADS = click('paid_search', 'google', 'cpc');

/**
 * Parameters that ad and mail platforms append to the links they send people through. `fbclid` is no sign of an ad:
 * Facebook appends it to every link out.
 */
export const AD_CLICK_IDS: ReadonlyMap<string, ClickOrigin> = new Map([
  ['gclid', GOOGLE_ADS],
  ['gbraid', GOOGLE_ADS],
  ['wbraid', GOOGLE_ADS],
  ['gad_source', GOOGLE_ADS],
  ['dclid', click('display', 'google', 'display')],
  ['msclkid', click('paid_search', 'bing', 'cpc')],
  ['yclid', click('paid_search', 'yandex', 'cpc')],
  ['li_fat_id', click('paid_social', 'linkedin', 'cpc')],
  ['ttclid', click('paid_social', 'tiktok', 'cpc')],
  ['twclid', click('paid_social', 'twitter', 'cpc')],
  ['rdt_cid', click('paid_social', 'reddit', 'cpc')],
  ['sccid', click('paid_social', 'snapchat', 'cpc')],
  ['qclid', click('paid_social', 'quora', 'cpc')],
  ['epik', click('paid_social', 'pinterest', 'cpc')],
  ['fbclid', click('organic_social', 'facebook', 'social')],
  ['igshid', click('organic_social', 'instagram', 'social')],
  ['mc_eid', click('email', 'mailchimp', 'email')],
  ['mkt_tok', click('email', 'marketo', 'email')],
  ['_hsenc', click('email', 'hubspot', 'email')],
  ['irclickid', click('affiliate', 'impact', 'affiliate')],
  ['cjevent', click('affiliate', 'cj', 'affiliate')],
  ['awc', click('affiliate', 'awin', 'affiliate')],
]);

const NATIONAL = /^([a-z0-9-]{3,})\.(?:com?\.)?[a-z]{2,3}$/;

/** The source that a tag, host or site names in one of the lists; undefined when it is in none. */
export function placeIn(list: ReadonlyMap<string, string>, name: string): string | undefined {
  const found = list.get(name);
  if (found !== undefined) return found;
  const label = NATIONAL.exec(name)?.[1];
  return label === undefined ? undefined : list.get(label);
}
