import { calendar } from '../calendar.js';
import { DAY_MS, listOf, type JourneyModel } from '../model/journey-model.js';
import type {
  Recipient,
  Routing,
  RoutingRule,
  RoutingStrategy,
  SegmentedCondition,
} from '../model/lead-management.js';
import type { Traits } from '../touchpoint.js';
import { leastLoaded, longestAgo, type RecipientLoads } from './strategies.js';
import { territoriesOf } from './territories.js';

/** What routing knows of a lead. */
export interface LeadToRoute {
  readonly persona: string | null;
  readonly traits: Traits;
  /** The address that it is known by. */
  readonly email: string | null;
  /** Who owns its account, as the CRM names them. */
  readonly accountOwner: string | null;
  readonly matches: (when: SegmentedCondition) => boolean;
}

/** The rules that no model names. */
export const ACCOUNT_OWNER = 'account owner';
export const ALL_RECIPIENTS = 'all recipients';

export const UNROUTABLE_REASONS = ['no-recipients', 'no-rule', 'no-candidate', 'nobody-free'] as const;
export type UnroutableReason = (typeof UNROUTABLE_REASONS)[number];

/** Why somebody who takes such leads takes none now. */
export type Obstacle = 'out-of-office' | 'at-capacity';
export interface BusyRecipient {
  readonly recipient: string;
  readonly obstacle: Obstacle;
}

export type Route =
  | { readonly recipient: Recipient; readonly rule: string }
  | { readonly unroutable: UnroutableReason; readonly busy: readonly BusyRecipient[] };

/**
 * Who receives a lead: the owner of its account, else the first rule that matches and has somebody free chooses. The same
 * lead, loads and instant always have the same route; it is recorded when it is taken, so that it is never computed again.
 *
 * @param at ms
 */
export function routeLead(
  { routing, timeZone }: Pick<JourneyModel, 'routing' | 'timeZone'>,
  lead: LeadToRoute,
  loads: RecipientLoads,
  at: number,
): Route {
  if (!routing || routing.recipients.length === 0) return { unroutable: 'no-recipients', busy: [] };
  const situation = { timeZone, loads, at };
  const owner = ownerOf(routing, lead);
  if (owner && !obstacleOf(owner, situation)) return { recipient: owner, rule: ACCOUNT_OWNER };

  const territories = territoriesOf(routing, lead);
  const rules = rulesOf(routing).filter((rule) => applies(rule, lead, territories));
  if (rules.length === 0) return { unroutable: 'no-rule', busy: [] };
  const busy = new Map<string, Obstacle>();
  for (const rule of rules) {
    const candidates = candidatesOf(routing, rule).filter((each) => takes(each, lead, territories));
    const free = candidates.filter((each) => {
      const obstacle = obstacleOf(each, situation);
      if (obstacle) busy.set(each.id, obstacle);
      return !obstacle;
    });
    const recipient = choose(strategyOf(routing, rule), free, rule.name, loads);
    if (recipient) return { recipient, rule: rule.name };
  }
  return {
    unroutable: busy.size > 0 ? 'nobody-free' : 'no-candidate',
    busy: [...busy].map(([recipient, obstacle]) => ({ recipient, obstacle })),
  };
}

/** An owner keeps the account, whatever personas and territories they take otherwise. */
const ownerOf = (
  { accountOwnerFirst = true, recipients }: Routing,
  { accountOwner }: LeadToRoute,
): Recipient | undefined =>
  accountOwnerFirst && accountOwner !== null ? recipients.find(({ id }) => id === accountOwner) : undefined;

const rulesOf = ({ rules = [] }: Routing): readonly RoutingRule[] =>
  rules.length > 0 ? rules : [{ name: ALL_RECIPIENTS }];

const strategyOf = (routing: Routing, rule: RoutingRule): RoutingStrategy =>
  rule.strategy ?? routing.strategy ?? 'least_loaded';

function applies(
  { territory, when }: RoutingRule,
  { matches }: LeadToRoute,
  territories: ReadonlySet<string>,
): boolean {
  if (territory !== undefined && !listOf(territory).some((id) => territories.has(id))) return false;
  return when === undefined || matches(when);
}

function candidatesOf({ recipients }: Routing, rule: RoutingRule): readonly Recipient[] {
  const kinds = listOf(rule.kind);
  const named = rule.recipients
    ? rule.recipients.flatMap((id) => recipients.find((each) => each.id === id) ?? [])
    : recipients;
  return kinds.length === 0 ? named : named.filter(({ kind }) => kinds.includes(kind));
}

function takes(recipient: Recipient, { persona }: LeadToRoute, territories: ReadonlySet<string>): boolean {
  if (recipient.personas && (persona === null || !recipient.personas.includes(persona))) return false;
  return recipient.territories?.some((id) => territories.has(id)) ?? true;
}

export interface Situation {
  /** Of recipients that have none of their own. */
  readonly timeZone: string;
  readonly loads: RecipientLoads;
  /** ms */
  readonly at: number;
}

/** What keeps a recipient from taking any lead. */
export function obstacleOf(recipient: Recipient, { timeZone, loads, at }: Situation): Obstacle | undefined {
  if (isOutOfOffice(recipient, timeZone, at)) return 'out-of-office';
  return loads.open(recipient.id) >= (recipient.capacity ?? Infinity) ? 'at-capacity' : undefined;
}

/** On the days of the recipient's own time zone. */
function isOutOfOffice({ outOfOffice = [], ...recipient }: Recipient, timeZone: string, at: number): boolean {
  if (outOfOffice.length === 0) return false;
  const today = calendar(recipient.timeZone ?? timeZone).day(at) * DAY_MS;
  return outOfOffice.some(({ from, to }) => Date.parse(from) <= today && today < Date.parse(to));
}

const choose = (
  strategy: RoutingStrategy,
  free: readonly Recipient[],
  rule: string,
  loads: RecipientLoads,
): Recipient | undefined =>
  strategy === 'round_robin'
    ? longestAgo(free, ({ id }) => loads.lastBy(rule, id))
    : leastLoaded(free, loads);
