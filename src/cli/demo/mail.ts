import { type Arrival, newsletterArrival, nurtureArrival } from './arrivals.js';
import { HOUR, MINUTE } from './calendar.js';
import { type Content, urlOf } from './content.js';
import type { Person } from './people.js';
import type { Program } from './program.js';
import type { Random } from './random.js';
import type { PersonTracker } from './person-tracker.js';
import { mailed } from './visit.js';

export interface Mail {
  readonly id: string;
  readonly subject: string;
  readonly campaign: string;
  readonly links: readonly Content[];
  /** Shares of those it is delivered to. */
  readonly opened: number;
  readonly clicked: number;
  arrival(landing: Content): Arrival;
}

/** What the person did with it. */
export type Reaction = { readonly at: number } & (
  { readonly did: 'nothing' | 'unsubscribe' } | { readonly did: 'click'; readonly landing: Content }
);

export function newsletter({ issue, contents }: Program['newsletters'][number]): Mail {
  const campaign = `plant-notes-${String(issue).padStart(2, '0')}`;
  return {
    ...{ id: campaign, campaign, subject: `Plant Notes ${issue}: ${contents[0]?.title ?? ''}` },
    ...{ links: contents, opened: 0.32, clicked: 0.07 },
    arrival: (landing) => newsletterArrival(issue, landing),
  };
}

const NURTURE_SUBJECTS = ['Your copy, and one question', 'How others began', 'Ten minutes?'];
export const NURTURE_DAYS = [3, 10, 21];

/** @param step 0 to 2 */
export function nurture(step: number, random: Random): Mail {
  return {
    ...{ id: `nurture-${step + 1}`, campaign: 'nurture-downtime', subject: NURTURE_SUBJECTS[step] ?? '' },
    ...{ links: [mailed(random)], opened: 0.45, clicked: 0.16 },
    arrival: (landing) => nurtureArrival(step + 1, landing),
  };
}

/** Link scanner of a mail gateway: follows every link within seconds of delivery. */
const SCANNER = 'Mozilla/5.0 (compatible; BarracudaSentinel/1.0; +http://barracuda.com/)';

/** Delivers a mail and returns what the provider tracks, including machines. */
export function deliver(mail: Mail, at: number, tracked: PersonTracker, random: Random): Reaction {
  const about = { email_id: mail.id, email_subject: mail.subject, campaign_name: mail.campaign };
  const isBounced = random.chance(0.004);
  tracked.trackOffline(at, isBounced ? 'Email Bounced' : 'Email Delivered', about);
  if (isBounced) return { at, did: 'nothing' };
  if (isScanned(tracked.person)) scan(mail, at, tracked, about);
  if (random.chance(0.07)) tracked.trackOffline(at + 5000, 'Email Opened', { ...about, machine_open: true });
  if (!random.chance(mail.opened)) return { at, did: 'nothing' };
  const opened = at + Math.floor(random.logNormal(3, 1.2) * HOUR);
  tracked.trackOffline(opened, 'Email Opened', about);
  const acted = opened + MINUTE;
  if (random.chance(0.003)) {
    tracked.trackOffline(acted, 'Email Unsubscribed', about);
    return { at: acted, did: 'unsubscribe' };
  }
  if (!random.chance(mail.clicked / mail.opened)) return { at: acted, did: 'nothing' };
  const landing = random.pick(mail.links);
  tracked.trackOffline(acted, 'Email Link Clicked', { ...about, link_url: urlOf(landing) });
  return { at: acted, did: 'click', landing };
}

function scan(
  mail: Mail,
  at: number,
  tracked: PersonTracker,
  about: Readonly<Record<string, unknown>>,
): void {
  for (const [index, link] of mail.links.entries()) {
    const properties = { ...about, link_url: urlOf(link) };
    tracked.trackOffline(at + 1000 + index * 400, 'Email Link Clicked', properties, { userAgent: SCANNER });
  }
}

/** Some companies have such a gateway. */
const isScanned = ({ account }: Person): boolean => Number(account.id.slice(-2)) % 17 === 3;
