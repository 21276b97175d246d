import { eventId } from '../src/domain/event-id.js';
import type { EventData, EventType, NewEvent } from '../src/domain/events.js';
import { identityKey, type IdentityKey } from '../src/domain/identity.js';
import type { Touchpoint } from '../src/domain/touchpoint.js';
import type { Append } from '../src/event-store/event-store.js';

const DAY_MS = 86_400_000;
const CHANNELS = ['organic_search', 'email', 'paid_search', 'direct', 'referral'] as const;
const KINDS = ['page_view', 'page_view', 'email_open', 'content_download', 'webinar_attended'] as const;

export interface Size {
  readonly deals: number;
  /** Touchpoints of the buyers of one deal. */
  readonly touchesADeal: number;
}

/**
 * Half a year of history in the order of time: each deal has three buyers with the given touches between them, is opened in
 * the middle and won near the end. The same bytes at every run but for `start`.
 */
export function* historyEvents({ deals, touchesADeal }: Size, start: Date): Generator<Append> {
  const touches = deals * touchesADeal;
  const step = (180 * DAY_MS) / touches;
  for (let nr = 0; nr < touches; nr += 1) {
    const at = new Date(+start + nr * step);
    // Deals go round, so that a deal's touches lie spread over the half-year.
    const deal = nr % deals;
    const round = Math.floor(nr / deals);
    yield touchpoint(nr, deal, round, at);
    if (round === Math.floor(touchesADeal / 2)) yield* opened(deal, new Date(+at + 1));
    if (round === touchesADeal - 1) yield won(deal, new Date(+at + 1));
  }
}

const buyer = (deal: number, seat: number): IdentityKey =>
  identityKey('email', `buyer-${seat}@company-${deal}.example`);

function touchpoint(nr: number, deal: number, round: number, at: Date): Append {
  const seat = (deal + round) % 3;
  const known = buyer(deal, seat);
  const browser = identityKey('anonymous', `b-${deal}-${seat}`);
  const content = (deal * 31 + round * 17) % 120;
  const data: Touchpoint = {
    kind: KINDS[nr % KINDS.length] ?? 'page_view',
    channel: CHANNELS[(deal + round * 3) % CHANNELS.length] ?? 'direct',
    // Every third names who it was; the others come from the browser alone.
    identity: round % 3 === 0 ? [known, browser] : [browser],
    source: 'google',
    campaign: `campaign-${(deal + round) % 25}`,
    content: {
      id: `content-${content}`,
      url: `https://www.example.com/blog/${content}`,
      title: `Guide ${content}`,
    },
    properties: { path: `/blog/${content}` },
    verdict: 'human',
  };
  return one(`touchpoints-${round % 3 === 0 ? known : browser}`, 'TouchpointRecorded', `t-${nr}`, at, data);
}

function* opened(deal: number, at: Date): Generator<Append> {
  const opportunityId = `opp-${deal}`;
  const stream = `opportunity-${opportunityId}`;
  const accountId = `company-${deal}.example`;
  const amountMinor = 500_000 + ((deal * 7_919) % 20_000_000);
  yield one(stream, 'OpportunityOpened', `o-${deal}`, at, {
    opportunityId,
    accountId,
    amountMinor,
    currency: 'USD',
  });
  for (const seat of [0, 1, 2])
    yield one(stream, 'ContactRoleAssigned', `c-${deal}-${seat}`, at, {
      ...{ opportunityId, accountId, contact: [buyer(deal, seat)], role: 'decision_maker' },
    });
}

function won(deal: number, at: Date): Append {
  const opportunityId = `opp-${deal}`;
  const amountMinor = 500_000 + ((deal * 7_919) % 20_000_000);
  return one(`opportunity-${opportunityId}`, 'OpportunityWon', `w-${deal}`, at, {
    ...{ opportunityId, amountMinor, currency: 'USD' },
  });
}

function one<T extends EventType>(
  stream: string,
  type: T,
  message: string,
  occurredAt: Date,
  data: EventData[T],
): Append {
  const id = eventId('main', 'bench', message, occurredAt);
  const event = { id, type, schemaVersion: 1, occurredAt, collector: 'web', data } as NewEvent;
  return { workspace: 'main', stream, expected: 'any', events: [event] };
}
