import { eventId } from '../src/domain/event-id.js';
import type { EventData, EventType, NewEvent } from '../src/domain/events.js';
import { identityKey, type IdentityKey } from '../src/domain/identity/keys.js';
import type { Touchpoint } from '../src/domain/touchpoint.js';
import type { NewFact } from '../src/event-store/event-store.js';

const DAY_MS = 86_400_000;
const CHANNELS = ['organic_search', 'email', 'paid_search', 'direct', 'referral'] as const;
const KINDS = ['page_view', 'page_view', 'email_open', 'content_download', 'webinar_attended'] as const;

export interface Size {
  readonly opportunities: number;
  /** Touchpoints of the three buyers of one opportunity. */
  readonly touchesPerOpportunity: number;
  /** Touchpoints of people who never buy, for each of a buyer. */
  readonly strangers: number;
  /** The share of its touches after which an opportunity is opened; it is won at the last. */
  readonly openedAfter: number;
}

export const touchesOf = ({ opportunities, touchesPerOpportunity, strangers }: Size): number =>
  opportunities * touchesPerOpportunity * (1 + strangers);

const LATE_EVERY = 50;
const LATE_BY = 20;

/**
 * Half a year of history, opportunities spread evenly over it: in the order of time, but that one touchpoint in fifty comes
 * a thousand events late, as from a phone that was offline. The same at every run but for `start`.
 */
export function* historyEvents(size: Size, start: Date): Generator<NewFact> {
  const late: NewFact[] = [];
  let nr = 0;
  for (const fact of inTime(size, start)) {
    nr += 1;
    if (nr % LATE_EVERY !== 0 || fact.event.type !== 'TouchpointRecorded') {
      yield fact;
      continue;
    }
    late.push(fact);
    if (late.length > LATE_BY) yield* late.splice(0, 1);
  }
  yield* late;
}

/** The journey of one known person: a touchpoint every ten minutes, in the order of time. */
export function* journeyOf(touchpoints: number, start: Date): Generator<NewFact> {
  const ada = identityKey('email', 'ada@company.example');
  for (let nr = 0; nr < touchpoints; nr += 1)
    yield touchpoint(nr, [ada], nr * 31, new Date(+start + nr * 600_000));
}

function* inTime(size: Size, start: Date): Generator<NewFact> {
  const { opportunities, touchesPerOpportunity, strangers, openedAfter } = size;
  const step = (180 * DAY_MS) / touchesOf(size);
  const opening = Math.floor(touchesPerOpportunity * openedAfter);
  let nr = 0;
  for (let round = 0; round < touchesPerOpportunity; round += 1) {
    for (let opportunity = 0; opportunity < opportunities; opportunity += 1) {
      yield buyerTouch(nr, opportunity, round, new Date(+start + nr * step));
      nr += 1;
      for (let other = 0; other < strangers; other += 1, nr += 1)
        yield strangerTouch(nr, new Date(+start + nr * step));
      const at = new Date(+start + nr * step - 1);
      if (round === opening) yield* opened(opportunity, at);
      if (round === touchesPerOpportunity - 1) yield won(opportunity, at);
    }
  }
}

const buyer = (opportunity: number, seat: number): IdentityKey =>
  identityKey('email', `buyer-${seat}@company-${opportunity}.example`);

function buyerTouch(nr: number, opportunity: number, round: number, at: Date): NewFact {
  const seat = (opportunity + round) % 3;
  const known = buyer(opportunity, seat);
  const browser = identityKey('anonymous', `b-${opportunity}-${seat}`);
  // Every third names who it was; the others come from the browser alone.
  return touchpoint(nr, round % 3 === 0 ? [known, browser] : [browser], opportunity * 31 + round * 17, at);
}

/** Some eight visits each, one in ten leaves an address. */
function strangerTouch(nr: number, at: Date): NewFact {
  const who = Math.floor(nr / 40) * 5 + (nr % 5);
  const browser = identityKey('anonymous', `s-${who}`);
  const known = identityKey('email', `stranger-${who}@visitors-${who % 500}.example`);
  return touchpoint(nr, who % 10 === 0 && nr % 7 === 0 ? [known, browser] : [browser], nr * 13, at);
}

function touchpoint(nr: number, identity: readonly IdentityKey[], mix: number, at: Date): NewFact {
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

function* opened(opportunity: number, at: Date): Generator<NewFact> {
  const opportunityId = `opp-${opportunity}`;
  const stream = `opportunity-${opportunityId}`;
  const accountId = `company-${opportunity}.example`;
  const amountMinor = 500_000 + ((opportunity * 7_919) % 20_000_000);
  yield one(stream, 'OpportunityOpened', `o-${opportunity}`, at, {
    opportunityId,
    accountId,
    amountMinor,
    currency: 'USD',
  });
  for (const seat of [0, 1, 2])
    yield one(stream, 'ContactRoleAssigned', `c-${opportunity}-${seat}`, at, {
      ...{ opportunityId, accountId, contact: [buyer(opportunity, seat)], role: 'decision_maker' },
    });
}

function won(opportunity: number, at: Date): NewFact {
  const opportunityId = `opp-${opportunity}`;
  const amountMinor = 500_000 + ((opportunity * 7_919) % 20_000_000);
  return one(`opportunity-${opportunityId}`, 'OpportunityWon', `w-${opportunity}`, at, {
    ...{ opportunityId, amountMinor, currency: 'USD' },
  });
}

export function one<T extends EventType>(
  stream: string,
  type: T,
  message: string,
  occurredAt: Date,
  data: EventData[T],
): NewFact {
  const id = eventId('main', 'bench', message);
  const event = { id, type, schemaVersion: 1, occurredAt, collector: 'web', data } as NewEvent;
  return { workspace: 'main', stream, event };
}
