import {
  BLOG,
  CASES,
  COMPARISONS,
  type Content,
  GUIDES,
  HOME,
  PAPERS,
  type Phase,
  PRICING,
  PRODUCT,
  WEBINARS,
} from './content.js';
import type { Random } from './random.js';

/** How a visit began, as reported by the visitor's browser. */
export interface Arrival {
  readonly referrer?: string;
  /** UTM tags and click ids of the landing page. */
  readonly query?: Readonly<Record<string, string>>;
  /** Where it landed; else wherever the visit's phase leads. */
  readonly landing?: Content;
}

type Draw = (random: Random) => Arrival;

const tagged = (source: string, medium: string, campaign: string): Record<string, string> => ({
  utm_source: source,
  utm_medium: medium,
  utm_campaign: campaign,
});

const search: Draw = (random) => ({
  referrer: random.weighted([
    ['https://www.google.com/', 80],
    ['https://www.bing.com/', 14],
    ['https://duckduckgo.com/', 6],
  ]),
});

const searchAd: Draw = (random) => {
  const [campaign, landing] = random.weighted<readonly [string, Content]>([
    [['search-brand', HOME], 30],
    [['search-predictive-maintenance', random.pick([...PAPERS, ...GUIDES])], 40],
    [['search-cmms-comparison', random.pick(COMPARISONS)], 30],
  ]);
  return {
    referrer: 'https://www.google.com/',
    landing,
    query: { ...tagged('google', 'cpc', campaign), gclid: `Cj0K${random.hex(20)}` },
  };
};

const socialAd: Draw = (random) => {
  const [campaign, landing] = random.weighted<readonly [string, Content]>([
    [['linkedin-state-of-downtime', GUIDES[3] ?? HOME], 45],
    [['linkedin-plant-directors', random.pick(CASES)], 30],
    [['linkedin-webinars', random.pick(WEBINARS)], 25],
  ]);
  return { landing, query: { ...tagged('linkedin', 'paid_social', campaign), li_fat_id: random.hex(16) } };
};

const retargeting: Draw = (random) => ({
  landing: random.pick([PRICING, ...CASES]),
  query: tagged('adroll', 'display', 'retargeting-visitors'),
});

const social: Draw = (random) => ({
  referrer: random.pick([
    'https://www.linkedin.com/',
    'https://www.linkedin.com/',
    'https://www.youtube.com/',
    'https://www.reddit.com/',
  ]),
  landing: random.pick([...BLOG, ...WEBINARS]),
});

const referral: Draw = (random) =>
  random.weighted<Arrival>([
    [
      {
        referrer: 'https://www.softwarepeers.example/cmms',
        landing: random.pick([...COMPARISONS, ...PRODUCT]),
      },
      45,
    ],
    [{ referrer: 'https://factorytoday.example/2026/downtime', landing: random.pick(BLOG) }, 35],
    [{ landing: random.pick(PRODUCT), query: tagged('sensorix', 'partner', 'partner-sensorix') }, 20],
  ]);

const direct: Draw = () => ({});

/** Where visits come from in each phase. Mails and events bring theirs by themselves. */
const ARRIVALS: Readonly<Record<Phase, readonly (readonly [Draw, number])[]>> = {
  notice: [[search, 40], [searchAd, 10], [socialAd, 16], [social, 14], [referral, 8], [direct, 12]],
  learn: [[search, 34], [searchAd, 14], [socialAd, 14], [social, 8], [referral, 8], [retargeting, 6], [direct, 16]],
  compare: [[search, 24], [searchAd, 16], [socialAd, 6], [referral, 14], [retargeting, 12], [direct, 28]],
  justify: [[search, 14], [searchAd, 8], [retargeting, 12], [referral, 6], [direct, 60]],
  buy: [[search, 8], [searchAd, 4], [direct, 88]],
}; // prettier-ignore

export const arrivalIn = (phase: Phase, random: Random): Arrival => random.weighted(ARRIVALS[phase])(random);

export const newsletterArrival = (issue: number, landing: Content): Arrival => ({
  landing,
  query: tagged('newsletter', 'email', `plant-notes-${String(issue).padStart(2, '0')}`),
});

export const nurtureArrival = (step: number, landing: Content): Arrival => ({
  landing,
  query: { ...tagged('nurture', 'email', 'nurture-downtime'), utm_content: `mail-${step}` },
});
