import type { ScheduledEvent } from './buyer.js';
import { DAY, HOUR, officeTime } from './calendar.js';
import type { Phase } from './content.js';
import type { Opportunity, Member } from './opportunities.js';
import type { Account, Person } from './people.js';
import type { Program } from './program.js';
import { Random } from './random.js';

/** How often people of each role visit before an opportunity is opened, and while it is open. */
const VISITS: Readonly<Record<string, readonly [before: number, during: number]>> = {
  champion: [6, 4],
  technical_evaluator: [4.5, 5],
  decision_maker: [2.2, 2.4],
  user: [1.6, 1],
};

/** What every person sets out to do and has done to them, from their curiosity and the opportunities they sit on. */
export function scheduleEvents(
  accounts: readonly Account[],
  opportunities: readonly Opportunity[],
  program: Program,
  from: number,
  until: number,
): Map<Person, ScheduledEvent[]> {
  const events = new Map<Person, ScheduledEvent[]>();
  for (const person of accounts.flatMap(({ people }) => people))
    events.set(person, otherVisits(person, program, from, until));
  for (const opportunity of opportunities) {
    for (const [index, member] of opportunity.committee.entries()) {
      events.get(member.person)?.push(...buying(opportunity, member, index === 0, from, until));
    }
  }
  return events;
}

/** Looking around without a purchase in mind, and the trade show. */
function otherVisits(person: Person, program: Program, from: number, until: number): ScheduledEvent[] {
  const random = new Random(`aside ${person.id}`);
  const visits = Array.from(
    { length: 1 + random.poisson(Math.min(person.curiosity * 1.62, 20)) },
    (): ScheduledEvent => {
      const phase = random.weighted<Phase>([['notice', 70], ['learn', 26], ['compare', 4]]); // prettier-ignore
      return { type: 'visit', phase, at: officeTime(random, from, until) };
    },
  );
  if (!random.chance(0.07)) return visits;
  const kiosk = random.chance(0.35) ? { kiosk: `kiosk-${random.int(1, 6)}` } : {};
  const at =
    program.fair + Math.floor(random.between(0, 2) + 0.5) * DAY + Math.floor(random.between(0, 8) * HOUR);
  return [...visits, { type: 'fair', at, ...kiosk }];
}

function buying(
  opportunity: Opportunity,
  { person, role }: Member,
  leads: boolean,
  from: number,
  until: number,
): ScheduledEvent[] {
  const random = new Random(`buying ${opportunity.id} ${person.id}`);
  const [before, during] = VISITS[role] ?? [2, 1];
  const end = Math.min(opportunity.end?.at ?? until, until);
  const began = Math.max(from, opportunity.openedAt - random.between(35, 95) * DAY);
  const events: ScheduledEvent[] = [];
  for (let visit = random.poisson(before); visit > 0; visit--) {
    const at = officeTime(random, began, opportunity.openedAt);
    events.push({
      type: 'visit',
      at,
      phase: phaseAt((at - began) / (opportunity.openedAt - began), random),
    });
  }
  for (let visit = random.poisson(during); visit > 0; visit--) {
    const at = officeTime(random, opportunity.openedAt, end);
    events.push({ type: 'visit', at, phase: random.chance(0.6) ? 'justify' : 'buy' });
  }
  if (leads) events.push(...request(opportunity, random, from));
  return [...events, ...talks(opportunity, role, random, end)];
}

/** The closer to the opportunity, the further in the buyer's own process; now and then one step off. */
function phaseAt(share: number, random: Random): Phase {
  const phases: readonly Phase[] = ['notice', 'learn', 'compare', 'justify'];
  const step = Math.floor(share * 3.4 + random.between(-0.6, 0.6));
  return phases[Math.min(3, Math.max(0, step))] ?? 'notice';
}

/** Two thirds of the opportunities begin with a demo request or a trial. */
function request(opportunity: Opportunity, random: Random, from: number): ScheduledEvent[] {
  if (!random.chance(0.66)) return [];
  const at = Math.max(from, opportunity.openedAt - Math.floor(random.between(0.1, 4) * DAY));
  return [{ type: 'visit', phase: 'justify', aim: random.chance(0.75) ? 'demo' : 'trial', at }];
}

/** Sales calls the champion, and meets the others about every two weeks. */
function talks(opportunity: Opportunity, role: string, random: Random, end: number): ScheduledEvent[] {
  const rep = opportunity.owner;
  const talks: ScheduledEvent[] = [];
  if (role === 'champion' && random.chance(0.8)) {
    talks.push({
      type: 'sales',
      event: 'Call Completed',
      rep,
      at: officeTime(random, opportunity.openedAt, opportunity.openedAt + 4 * DAY),
    });
  }
  const part = role === 'decision_maker' ? 0.3 : 0.4;
  for (let at = opportunity.openedAt + 5 * DAY; at < end; at += 14 * DAY) {
    if (random.chance(part))
      talks.push({ type: 'sales', event: 'Meeting Held', rep, at: officeTime(random, at, at + 5 * DAY) });
  }
  return talks.filter((talk) => talk.at < end);
}
