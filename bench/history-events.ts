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
  /** Touchpoints of the three buyers of one deal. */
  readonly touchesADeal: number;
  /** Touchpoints of people who never buy, for each of a buyer. */
  readonly strangers: number;
  /** The share of its touches after which a deal is opened; it is won at the last. */
  readonly openedAfter: number;
}

export const touchesOf = ({ deals, touchesADeal, strangers }: Size): number =>
  deals * touchesADeal * (1 + strangers);

const LATE_EVERY = 50;
const LATE_BY = 20;

/**
 * Half a year of history, deals spread evenly over it: in the order of time, but that one touchpoint in fifty comes
 * a thousand events late, as from a phone that was offline. The same at every run but for `start`.
 */
export function* historyEvents(size: Size, start: Date): Generator<Append> {
  const late: Append[] = [];
  let nr = 0;
  for (const append of inTime(size, start)) {
    nr += 1;
    if (nr % LATE_EVERY !== 0 || append.events[0]?.type !== 'TouchpointRecorded') {
      yield append;
      continue;
    }
    late.push(append);
    if (late.length > LATE_BY) yield* late.splice(0, 1);
  }
  yield* late;
}

/** The journey of one known person: a touchpoint every ten minutes, in the order of time. */
export function* journeyOf(touchpoints: number, start: Date): Generator<Append> {
  const ada = identityKey('email', 'ada@company.example');
  for (let nr = 0; nr < touchpoints; nr += 1)
    yield touchpoint(nr, [ada], nr * 31, new Date(+start + nr * 600_000));
}

function* inTime(size: Size, start: Date): Generator<Append> {
  const { deals, touchesADeal, strangers, openedAfter } = size;
  const step = (180 * DAY_MS) / touchesOf(size);
  const opening = Math.floor(touchesADeal * openedAfter);
  let nr = 0;
  for (let round = 0; round < touchesADeal; round += 1) {
    for (let deal = 0; deal < deals; deal += 1) {
      yield buyerTouch(nr, deal, round, new Date(+start + nr * step));
      nr += 1;
      for (let other = 0; other < strangers; other += 1, nr += 1)
        yield strangerTouch(nr, new Date(+start + nr * step));
      const at = new Date(+start + nr * step - 1);
      if (round === opening) yield* opened(deal, at);
      if (round === touchesADeal - 1) yield won(deal, at);
    }
  }
}

const buyer = (deal: number, seat: number): IdentityKey =>
  identityKey('email', `buyer-${seat}@company-${deal}.example`);

function buyerTouch(nr: number, deal: number, round: number, at: Date): Append {
  const seat = (deal + round) % 3;
  const known = buyer(deal, seat);
  const browser = identityKey('anonymous', `b-${deal}-${seat}`);
  // Every third names who it was; the others come from the browser alone.
  return touchpoint(nr, round % 3 === 0 ? [known, browser] : [browser], deal * 31 + round * 17, at);
}

/** Some eight visits each, one in ten leaves an address. */
function strangerTouch(nr: number, at: Date): Append {
  const who = Math.floor(nr / 40) * 5 + (nr % 5);
  const browser = identityKey('anonymous', `s-${who}`);
  const known = identityKey('email', `stranger-${who}@visitors-${who % 500}.example`);
  return touchpoint(nr, who % 10 === 0 && nr % 7 === 0 ? [known, browser] : [browser], nr * 13, at);
}

function touchpoint(nr: number, identity: readonly IdentityKey[], mix: number, at: Date): Append {
  const content = mix % 120;
  const data: Touchpoint = {
    kind: KINDS[mix % KINDS.length] ?? 'page_view',
    channel: CHANNELS[(mix * 3 + nr) % CHANNELS.length] ?? 'direct',
    identity,
    source: 'google',
    campaign: `campaign-${(mix + nr) % 25}`,
    content: {
      id: `content-${content}`,
      url: `https://www.example.com/blog/${content}`,
      title: `Guide ${content}`,
    },
    properties: { path: `/blog/${content}` },
    verdict: 'human',
  };
  return one(`touchpoints-${identity[0]}`, 'TouchpointRecorded', `t-${nr}`, at, data);
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
  const id = eventId('main', 'bench', message);
  const event = { id, type, schemaVersion: 1, occurredAt, collector: 'web', data } as NewEvent;
  return { workspace: 'main', stream, expected: 'any', events: [event] };
}
