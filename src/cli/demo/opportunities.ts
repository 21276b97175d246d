import { busyness, DAY, daysToQuarterEnd, officeTime } from './calendar.js';
import type { Account, Person, Role } from './people.js';
import { Random } from './random.js';

export interface Member {
  readonly person: Person;
  /** The CRM's word for the part they play. */
  readonly role: string;
}

export interface Opportunity {
  readonly id: string;
  readonly name: string;
  readonly account: Account;
  /** Decimal, as the API takes it. */
  readonly amount: string;
  readonly currency: string;
  readonly owner: string;
  readonly source: string;
  readonly openedAt: number;
  readonly committee: readonly Member[];
  /** Stages after `discovery`, in order. */
  readonly steps: readonly Step[];
  readonly end?: { readonly status: 'won' | 'lost'; readonly at: number; readonly reason?: string };
}

export interface Step {
  readonly stage: string;
  readonly at: number;
  /** Negotiated. */
  readonly amount?: string;
}

const STAGES = [
  ['qualification', 0.15],
  ['proposal', 0.45],
  ['negotiation', 0.75],
] as const;

const ROLES: Readonly<Record<Role, string>> = {
  economic: 'decision_maker',
  technical: 'technical_evaluator',
  champion: 'champion',
  other: 'user',
};

const SOURCES: readonly (readonly [string, number])[] = [
  ['website', 34], ['webinar', 14], ['paid_search', 14], ['event', 12], ['partner', 8], ['referral', 8], ['outbound', 10],
]; // prettier-ignore

const LOSSES = ['no budget', 'chose a competitor', 'no decision', 'timing', 'missing feature'];
const EURO = new Set(['DE', 'FR', 'NL', 'IT']);

/** Opportunities opened between the two instants; more when people work, more in the later half: the company grows. */
export function pipeline(
  prefix: string,
  accounts: readonly Account[],
  count: number,
  from: number,
  until: number,
): Opportunity[] {
  // The seeds keep their old word: with others the demo would be another company.
  const random = new Random(`${prefix} deals`);
  const bySize = accounts.map((account) => [account, Math.sqrt(account.employees)] as const);
  const opened = Array.from({ length: count }, () => openingTime(random, from + 14 * DAY, until - 3 * DAY));
  const opportunities = opened
    .sort((a, b) => a - b)
    .map((at, index) =>
      opportunity(`${prefix}-${String(index + 1).padStart(4, '0')}`, random.weighted(bySize), at, until),
    );
  return opportunities;
}

function openingTime(random: Random, from: number, to: number): number {
  for (;;) {
    const time = officeTime(random, from, to);
    const grown = 0.6 + (0.4 * (time - from)) / (to - from);
    const season = daysToQuarterEnd(time) < 14 ? 0.8 : 1;
    if (random.chance(grown * season * Math.min(1, busyness(time)))) return time;
  }
}

function opportunity(id: string, account: Account, openedAt: number, until: number): Opportunity {
  const random = new Random(`deal ${id}`);
  const committee = committeeOf(account, random);
  const value = 9_000 * Math.sqrt(account.employees / 100) * random.logNormal(1, 0.6);
  const amount =
    Math.max(2_500, Math.round(value / 500) * 500) + (random.chance(0.1) ? 0.5 * random.int(1, 400) : 0);
  const closing = closingTime(random, openedAt);
  const length = closing - openedAt;
  const discounted = random.chance(0.25);
  const steps = STAGES.map(([stage, share]) => ({
    stage,
    at: Math.floor(openedAt + length * (share + random.between(-0.08, 0.08))),
    ...(stage === 'negotiation' && discounted ? { amount: money(amount * 0.9) } : {}),
  })).filter(({ at }) => at < Math.min(until, closing));
  return {
    ...{ id, account, openedAt, committee, steps },
    name: `${account.name}, ${account.people.length > 20 ? 'all plants' : random.pick(['first plant', 'pilot line', 'main plant'])}`,
    amount: money(amount),
    currency: EURO.has(account.country) && random.chance(0.25) ? 'EUR' : 'USD',
    owner: `rep-${random.int(1, 9)}`,
    source: random.weighted(SOURCES),
    ...(closing < until ? { end: ending(random, closing, committee) } : {}),
  };
}

const money = (amount: number): string => amount.toFixed(2);

/** Six weeks, give or take; four in ten are pulled to the end of the quarter. */
function closingTime(random: Random, openedAt: number): number {
  const planned = openedAt + Math.max(10, random.logNormal(46, 0.5)) * DAY;
  const left = daysToQuarterEnd(planned);
  const pulled = random.chance(0.4) ? planned + Math.max(0, left - random.int(0, 9)) * DAY : planned;
  return officeTime(random, pulled, pulled + 3 * DAY);
}

/** A complete committee wins more often. */
function ending(random: Random, at: number, committee: readonly Member[]): NonNullable<Opportunity['end']> {
  const parts = new Set(committee.map(({ role }) => role)).size;
  if (random.chance([0.2, 0.25, 0.36, 0.5][Math.min(parts, 3)] ?? 0.5)) return { status: 'won', at };
  return { status: 'lost', at, reason: random.pick(LOSSES) };
}

/** One opportunity in twelve comes without contacts, as CRMs have them: then the whole company is asked. */
function committeeOf(account: Account, random: Random): Member[] {
  if (random.chance(0.08)) return [];
  const wanted = random.weighted([[2, 20], [3, 34], [4, 26], [5, 14], [6, 6]]); // prettier-ignore
  const [champion, economic, technical, ...others] = account.people;
  const core = [champion, economic, technical].flatMap((person) => person ?? []);
  return [...random.sample(core, Math.min(wanted, 3)), ...random.sample(others, wanted - 3)].map(
    (person) => ({
      person,
      role: ROLES[person.role],
    }),
  );
}
