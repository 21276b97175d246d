import type { Channel } from './touchpoint.js';

/** Whose offer a content is. */
export const PUBLISHER_KINDS = ['ours', 'analyst', 'media', 'independent_expert'] as const;
export type PublisherKind = (typeof PUBLISHER_KINDS)[number];

/** A content as its workspace describes it. The latest describes all of it: a field that is left out is unknown. */
export interface ContentCatalogued {
  readonly contentId: string;
  readonly title?: string;
  readonly type?: string;
  readonly author?: string;
  readonly publisher?: { readonly name: string; readonly kind: PublisherKind };
  readonly url?: string;
  /** Which personas it serves in which of their buying stages. */
  readonly serves?: readonly ContentCell[];
}

export interface ContentCell {
  readonly persona: string;
  readonly stage: string;
}

/** A campaign as its workspace describes it, all of it. */
export interface CampaignDefined {
  readonly campaignId: string;
  readonly name?: string;
  /** Investments in the campaign are also investments in this source and this channel. */
  readonly source?: string;
  readonly channel?: Channel;
}

/** Money spent on one source, campaign, channel or content over the days from `from` to before `to`; the latest replaces it. */
export interface InvestmentRecorded {
  readonly investmentId: string;
  /** Integer minor units; negative: a credit note. */
  readonly amountMinor: number;
  readonly currency: string;
  /** Days (YYYY-MM-DD) of the workspace's time zone. */
  readonly from: string;
  readonly to: string;
  readonly for: InvestmentTarget;
  readonly note?: string;
}

export const INVESTMENT_DIMENSIONS = ['source', 'campaign', 'channel', 'content'] as const;
export type InvestmentDimension = (typeof INVESTMENT_DIMENSIONS)[number];

export interface InvestmentTarget {
  readonly dimension: InvestmentDimension;
  readonly value: string;
}

/** What rejected input calls one of each. */
export const CATALOGUE_NAMES = ['content', 'campaign', 'investment'] as const;
export type CatalogueName = (typeof CATALOGUE_NAMES)[number];
