import { referrerOfTag, type Category } from './referrers.js';
import type { Channel } from './touchpoint.js';

/** How a link was tagged, in lower case; what is not known is left out. */
export interface Tags {
  readonly source?: string | undefined;
  readonly medium?: string | undefined;
  readonly campaign?: string | undefined;
}

/** The groups of Google Analytics 4, and the channel that each of them is here. */
export const CHANNEL_OF_GROUP = {
  Direct: 'direct',
  'Cross-network': 'paid_search',
  'Paid Shopping': 'paid_search',
  'Paid Search': 'paid_search',
  'Paid Social': 'paid_social',
  'Paid Video': 'display',
  Display: 'display',
  'Paid Other': 'other',
  'Organic Shopping': 'referral',
  'Organic Social': 'organic_social',
  'Organic Video': 'organic_social',
  'Organic Search': 'organic_search',
  'AI Assistant': 'referral',
  Email: 'email',
  Affiliates: 'affiliate',
  Referral: 'referral',
  Audio: 'other',
  SMS: 'other',
  'Mobile Push Notifications': 'other',
  Unassigned: 'other',
} as const satisfies Record<string, Channel>;

export type ChannelGroup = keyof typeof CHANNEL_OF_GROUP;

const PAID = /^(?:.*cp.*|ppc|retargeting|remarketing|paid.*|sem|social[-_ ]?paid)$/;
const DISPLAY = /^(?:display|banner|expandable|interstitial|cpm|programmatic|native[-_ ]?ads?)$/;
const SOCIAL = /^(?:social|social[-_ ]?(?:network|media|organic)|organic[-_ ]?social|sm)$/;
const EMAIL = /^(?:e[-_ ]?mail|newsletter|drip|nurture)$/;
const SHOPPING_CAMPAIGN = /(?:[^a-df-z]|^)shop|shopping/;
const PUSH = /push$|mobile|notification/;
const NOT_SET = /^\(?(?:direct|none|not set)\)?$/;

/** Words for what GA4 has no group for, or no more than "Paid Other". */
const PAID_SEARCH = /^(?:cpc|ppc|sem|paid[-_ ]?search)$/;
const PAID_SOCIAL = /^(?:paid[-_ ]?social|social[-_ ]?paid|cpc[-_ ]?social)$/;
const EVENT = /^(?:events?|webinars?|conference|trade[-_ ]?show|field[-_ ]?event)$/;
const SALES = /^(?:sales|sdr|bdr|outbound)$/;
const PARTNER = /^partners?$/;

/**
 * The channel of a tagged link: GA4's group as a channel of ours, and where that says nothing, the words of B2B
 * marketing that GA4 does not know.
 */
export function channelOfTags(tags: Tags): Channel {
  const group = channelGroup(tags);
  const { source, medium } = tags;
  if (group === 'Paid Other') return paidOther(medium ?? '');
  if (group !== 'Unassigned') return CHANNEL_OF_GROUP[group];
  return wordsOfOurs(medium) ?? wordsOfOurs(source) ?? (source?.includes('.') ? 'referral' : 'other');
}

function paidOther(medium: string): Channel {
  if (PAID_SOCIAL.test(medium)) return 'paid_social';
  return PAID_SEARCH.test(medium) ? 'paid_search' : CHANNEL_OF_GROUP['Paid Other'];
}

function wordsOfOurs(word: string | undefined): Channel | undefined {
  if (word === undefined) return undefined;
  if (EVENT.test(word)) return 'event';
  if (SALES.test(word)) return 'sales';
  if (PARTNER.test(word)) return 'referral';
  return /^affiliates?$/.test(word) ? 'affiliate' : undefined;
}

/**
 * The default channel group of GA4 (support.google.com/analytics/answer/9756891), by its rules for manual traffic in
 * their order. Beyond it: `remarketing`, `sem`, `programmatic` and spellings with `_` or a space are read like their
 * kin; mail hosts as source are e-mail; a campaign's name makes shopping only where source and medium make nothing, for
 * a newsletter about the shop floor is one.
 */
export function channelGroup({ source: sourceTag, medium: mediumTag, campaign = '' }: Tags): ChannelGroup {
  const source = set(sourceTag);
  const medium = set(mediumTag) ?? '';
  if (source === undefined && medium === '' && (sourceTag ?? mediumTag) !== undefined) return 'Direct';
  if (campaign.includes('cross-network')) return 'Cross-network';
  const category = source === undefined ? undefined : referrerOfTag(source)?.category;
  const group = PAID.test(medium)
    ? paidGroup(category, medium, campaign)
    : DISPLAY.test(medium)
      ? 'Display'
      : (organicGroup(category, medium) ?? otherGroup(source ?? '', medium));
  return group ?? (SHOPPING_CAMPAIGN.test(campaign) ? 'Organic Shopping' : 'Unassigned');
}

const set = (tag: string | undefined): string | undefined =>
  tag === undefined || NOT_SET.test(tag) ? undefined : tag;

const PAID_GROUPS: Readonly<Partial<Record<Category, ChannelGroup>>> = {
  shopping: 'Paid Shopping',
  search: 'Paid Search',
  social: 'Paid Social',
  video: 'Paid Video',
};

function paidGroup(category: Category | undefined, medium: string, campaign: string): ChannelGroup {
  const ofSource = category && PAID_GROUPS[category];
  if (ofSource) return ofSource;
  if (SHOPPING_CAMPAIGN.test(campaign)) return 'Paid Shopping';
  return DISPLAY.test(medium) ? 'Display' : 'Paid Other';
}

function organicGroup(category: Category | undefined, medium: string): ChannelGroup | undefined {
  if (category === 'shopping') return 'Organic Shopping';
  if (category === 'social' || SOCIAL.test(medium)) return 'Organic Social';
  if (category === 'video' || medium.includes('video')) return 'Organic Video';
  if (category === 'search' || medium === 'organic') return 'Organic Search';
  if (category === 'assistant' || medium === 'ai-assistant') return 'AI Assistant';
  return category === 'mail' ? 'Email' : undefined;
}

function otherGroup(source: string, medium: string): ChannelGroup | undefined {
  if (/^(?:referral|app|link)$/.test(medium)) return 'Referral';
  if (EMAIL.test(medium) || EMAIL.test(source)) return 'Email';
  if (medium === 'affiliate') return 'Affiliates';
  if (medium === 'audio') return 'Audio';
  if (medium === 'sms' || source === 'sms') return 'SMS';
  return PUSH.test(medium) || source === 'firebase' ? 'Mobile Push Notifications' : undefined;
}
