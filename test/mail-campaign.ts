import { eventId } from '../src/domain/event-id.js';
import type { NewEvent } from '../src/domain/events.js';
import { identityKey, type IdentityKey } from '../src/domain/identity/keys.js';
import { verdictOf } from '../src/intake/verdict.js';
import type { Actor, MailAction } from './mail-action.js';
import { gateways, type Gateway } from './mail-gateways.js';
import { Random } from './random.js';

export interface CampaignEvent {
  readonly event: NewEvent<'TouchpointRecorded'>;
  readonly recipient: IdentityKey;
  /** Undefined: a delivery, which nobody does. */
  readonly actor: Actor | undefined;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 4, 5, 8);

const APPLE = 'Mozilla/5.0';
const GMAIL = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
const GMAIL_PREFETCH =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0';
const BROWSERS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
] as const;
const CRAWLERS = [
  'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
  'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
  'python-requests/2.32.3',
] as const;

interface Recipient {
  readonly key: IdentityKey;
  readonly client: 'outlook' | 'gmail' | 'apple';
  readonly gateway: Gateway | undefined;
  /** Address of the office, which a gateway of its own may share. */
  readonly office: string;
}

/** A campaign whose actors are known, in the order in which webhooks bring its events: not quite that of time. */
export function mailCampaign(seed: number, size: number): readonly CampaignEvent[] {
  const random = new Random(seed);
  const links = Array.from(
    { length: 3 + random.below(5) },
    (_, nth) => `https://www.seller.example/offer-${seed}-${nth}`,
  );
  const events = recipients(random, size).flatMap((recipient, nr) =>
    actions(random, recipient, links).map((action, nth) => ({
      ...recorded(seed, recipient, action, `${nr}-${nth}`),
      arrives: action.at + random.below(3 * MINUTE),
    })),
  );
  return events.sort((a, b) => a.arrives - b.arrives);
}

/** Companies of some recipients, a few with very many, and people at mail providers. */
function recipients(random: Random, size: number): Recipient[] {
  const all: Recipient[] = [];
  for (let company = 0; all.length < size; company += 1) {
    const office = random.address();
    const isPrivate = random.chance(0.1);
    const gateway = isPrivate ? undefined : gateways(random, office);
    const staff = isPrivate ? 1 : Math.ceil(random.around(4, 1.3));
    for (let nr = 0; nr < Math.min(staff, 400) && all.length < size; nr += 1) {
      const client = isPrivate
        ? random.pick(['gmail', 'apple'] as const)
        : random.pick(['outlook', 'outlook', 'outlook', 'gmail', 'apple'] as const);
      const host = isPrivate ? random.pick(['gmail.com', 'icloud.com']) : `company-${company}.example`;
      all.push({ key: identityKey('email', `p${company}-${nr}@${host}`), client, gateway, office });
    }
  }
  return all;
}

function actions(random: Random, recipient: Recipient, links: readonly string[]): MailAction[] {
  const delivered = random.below(20 * MINUTE);
  // Providers date the delivery to the second.
  const delivery: MailAction = { kind: 'email_delivered', at: Math.floor(delivered / SECOND) * SECOND };
  return [
    delivery,
    ...(recipient.gateway?.scan(random, delivered, links) ?? []),
    ...prefetches(random, recipient, delivered),
    ...crawls(random, delivered, links),
    ...reads(random, recipient, delivered, links),
  ];
}

function prefetches(random: Random, { client }: Recipient, delivered: number): MailAction[] {
  const open = { kind: 'email_open' } as const;
  if (client === 'apple' && random.chance(0.9)) {
    const ip = random.chance(0.3)
      ? `17.58.${random.below(255)}.${random.below(255)}`
      : `104.28.${random.below(60)}.${random.below(255)}`;
    return [
      {
        ...open,
        actor: 'apple prefetch',
        at: delivered + random.around(20 * MINUTE, 1.8),
        ip,
        userAgent: APPLE,
      },
    ];
  }
  if (client !== 'gmail' || !random.chance(0.05)) return [];
  const ip = `66.102.8.${random.below(255)}`;
  return [
    {
      ...open,
      actor: 'gmail prefetch',
      at: delivered + random.around(SECOND, 1),
      ip,
      userAgent: GMAIL_PREFETCH,
    },
  ];
}

/** Links that were posted somewhere, and archives. */
function crawls(random: Random, delivered: number, links: readonly string[]): MailAction[] {
  if (!random.chance(0.01)) return [];
  const [ip, userAgent] = [random.address(), random.pick(CRAWLERS)];
  const began = delivered + random.around(5 * HOUR, 1.5);
  return links.slice(0, 1 + random.below(links.length)).map((link, nth) => ({
    kind: 'email_click',
    actor: 'crawler',
    at: began + nth * 20 * SECOND,
    link,
    ip,
    userAgent,
  }));
}

/** A person opens the mail within hours, and clicks some seconds later. */
function reads(
  random: Random,
  recipient: Recipient,
  delivered: number,
  links: readonly string[],
): MailAction[] {
  if (!random.chance(0.5)) return [];
  const visits = random.chance(0.15) ? 2 : 1;
  let at = delivered + random.around(2 * HOUR, 1.6);
  return Array.from({ length: visits }).flatMap(() => {
    const visit = readsOnce(random, recipient, at, links);
    at += random.around(DAY, 0.8);
    return visit;
  });
}

function readsOnce(random: Random, recipient: Recipient, at: number, links: readonly string[]): MailAction[] {
  const isAway = random.chance(0.4);
  const [ip, userAgent] = [isAway ? random.address() : recipient.office, random.pick(BROWSERS)];
  const clicks: MailAction[] = [];
  let clickedAt = at;
  const wanted = random.chance(0.35) ? 1 + (random.chance(0.3) ? 1 : 0) + (random.chance(0.1) ? 1 : 0) : 0;
  for (const link of random.shuffled(links).slice(0, wanted)) {
    clickedAt += random.around(25 * SECOND, 0.9);
    clicks.push({ kind: 'email_click', actor: 'person clicks', at: clickedAt, link, ip, userAgent });
    if (random.chance(0.03)) clicks.push({ ...clicks.at(-1)!, at: clickedAt + random.below(SECOND) });
  }
  return [...opens(random, recipient, at, { ip, userAgent }), ...clicks];
}

/** What is seen of an open: Apple shows what it has loaded before, and a third of the others block pictures. */
function opens(
  random: Random,
  { client }: Recipient,
  at: number,
  browser: Pick<MailAction, 'ip' | 'userAgent'>,
): MailAction[] {
  const open = { kind: 'email_open', actor: 'person opens', at } as const;
  if (client === 'apple') return [];
  if (client === 'gmail') return [{ ...open, ip: `66.102.9.${random.below(255)}`, userAgent: GMAIL }];
  return random.chance(0.3) ? [] : [{ ...open, ...browser }];
}

function recorded(
  seed: number,
  { key }: Recipient,
  { actor, kind, at, link, ip, userAgent, request }: MailAction,
  name: string,
): CampaignEvent {
  const properties = link === undefined ? {} : { url: link };
  const occurredAt = new Date(START + Math.round(at));
  const event: NewEvent<'TouchpointRecorded'> = {
    id: eventId(`campaign ${seed}`, 'mail', name),
    type: 'TouchpointRecorded',
    schemaVersion: 1,
    occurredAt,
    collector: 'mail',
    data: {
      ...{ kind, channel: 'email', campaign: `campaign-${seed}`, identity: [key], properties },
      context: { ...(ip !== undefined && { ip }), ...(userAgent !== undefined && { userAgent }) },
      ...verdictOf({ kind, userAgent, ip, properties, ...(request && { request }) }),
    },
  };
  return { event, recipient: key, actor };
}
