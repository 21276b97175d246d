import type { Committee } from '../../domain/attribution/committee-rule.js';
import type { PositionRange } from '../range.js';
import type { Inputs, JourneyRow, ProfileRow, SeatRow, Spans } from './inputs.js';

type JourneySpan = Spans<JourneyRow>[number];

/** What began and ended to be true at a position of what the credits of one opportunity follow from. */
export interface InputChange {
  readonly position: bigint;
  /** The opportunity itself, or its contacts. */
  opportunity: boolean;
  /** A key of a contact means a lead for the first time, or no longer any. */
  keys: boolean;
  /** A key of a contact means another lead. */
  keysMoved: boolean;
  /** A member of the committee has another company or persona, or became known at another time. */
  profiles: boolean;
  /** Touchpoints of members that are judged otherwise. */
  verdicts: boolean;
  /** Touchpoints that members have since, and no longer. */
  readonly begun: JourneySpan[];
  readonly ended: JourneySpan[];
  /** Of all that is said above. */
  readonly leads: Set<string>;
}

/** The changes in a range of positions, in order; some may change no credits. */
export function inputChanges(
  inputs: Inputs,
  opportunityId: string,
  range: PositionRange,
  committee: Committee,
): InputChange[] {
  const changes = new Map<bigint, InputChange>();
  const at = (position: bigint): InputChange => {
    const change = changes.get(position) ?? noChange(position);
    changes.set(position, change);
    return change;
  };
  const seats = inputs.seats.get(opportunityId) ?? [];
  const keys = keysOf(seats);
  for (const rows of [inputs.opportunities.get(opportunityId) ?? [], seats]) {
    for (const position of ends(rows, range)) at(position).opportunity = true;
  }
  for (const key of keys) {
    const versions = inputs.keys.get(key) ?? [];
    eachChange(versions, range, sameLead, ({ position, before, after }) => {
      const change = at(position);
      change[before && after ? 'keysMoved' : 'keys'] = true;
      for (const each of [before, after]) if (each) change.leads.add(each.lead_id);
    });
  }
  for (const lead of membersOf(inputs, opportunityId, range, committee)) {
    const profiles = inputs.profiles.get(lead) ?? [];
    eachChange(profiles, range, sameProfile, ({ position }) => {
      at(position).profiles = true;
      at(position).leads.add(lead);
    });
    for (const versions of byEvent(changedIn(inputs.journeys.get(lead) ?? [], range))) {
      eachChange(versions, range, sameTouchpoint, ({ position, before, after }) => {
        const change = at(position);
        change.leads.add(lead);
        if (!before && after) change.begun.push(after);
        else if (before && !after) change.ended.push(before);
        else change.verdicts ||= before?.verdict !== after?.verdict;
      });
    }
  }
  return [...changes.values()].sort((a, b) => (a.position < b.position ? -1 : 1));
}

export const noChange = (position: bigint): InputChange => ({
  ...{ position, opportunity: false, keys: false, keysMoved: false, profiles: false, verdicts: false },
  ...{ begun: [], ended: [], leads: new Set<string>() },
});

/** Leads that are or were members of the committee somewhere in the range; rather one too many than one too few. */
export function membersOf(
  inputs: Inputs,
  opportunityId: string,
  range: PositionRange,
  committee: Committee,
): ReadonlySet<string> {
  const seats = inputs.seats.get(opportunityId) ?? [];
  const ofKeys = [...keysOf(seats)].flatMap((key) => inputs.keys.get(key) ?? []);
  const isSeated = seats.some(({ from, until }) => from <= range.after && until === null);
  const accounts = (inputs.opportunities.get(opportunityId) ?? []).flatMap(
    ({ account_id }) => account_id ?? [],
  );
  const isOfContacts = committee === 'primary' || (committee === 'contacts' && isSeated);
  const ofAccounts = isOfContacts ? [] : accounts.flatMap((account) => inputs.byAccount.get(account) ?? []);
  return new Set([...ofKeys, ...ofAccounts].map(({ lead_id }) => lead_id));
}

const keysOf = (seats: Spans<SeatRow>): ReadonlySet<string> => new Set(seats.flatMap(({ keys }) => keys));

/** Versions that begin or end in the range: of most touchpoints none. */
const changedIn = <Row>(rows: Spans<Row>, { after, upTo }: PositionRange): Spans<Row> =>
  rows.filter(({ from, until }) => from > after || (until !== null && until <= upTo));

const byEvent = (rows: Spans<JourneyRow>): Iterable<Spans<JourneyRow>> =>
  Map.groupBy(rows, ({ event_id }) => event_id).values();

interface Change<Row> {
  readonly position: bigint;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

/** Calls back where the versions of one thing begin, end or differ within the range. */
function eachChange<Row>(
  versions: Spans<Row>,
  range: PositionRange,
  isSame: (a: Row, b: Row) => boolean,
  visit: (change: Change<Spans<Row>[number]>) => void,
): void {
  for (const position of ends(versions, range)) {
    const before = versions.find(({ until }) => until === position);
    const after = versions.find(({ from }) => from === position);
    if (before && after && isSame(before, after)) continue;
    visit({ position, before, after });
  }
}

function ends(versions: Spans<unknown>, { after, upTo }: PositionRange): ReadonlySet<bigint> {
  const all = versions.flatMap(({ from, until }) => (until === null ? [from] : [from, until]));
  return new Set(all.filter((position) => position > after && position <= upTo));
}

const sameLead = (a: { lead_id: string }, b: { lead_id: string }): boolean => a.lead_id === b.lead_id;

type Profile = Pick<ProfileRow, 'account_id' | 'known_at' | 'persona'>;

const sameProfile = (a: Profile, b: Profile): boolean =>
  a.account_id === b.account_id && a.persona === b.persona && a.known_at?.getTime() === b.known_at?.getTime();

const sameTouchpoint = (a: JourneyRow, b: JourneyRow): boolean =>
  a.occurred_at.getTime() === b.occurred_at.getTime() &&
  a.kind === b.kind &&
  a.channel === b.channel &&
  a.source === b.source &&
  a.medium === b.medium &&
  a.campaign === b.campaign &&
  a.content_id === b.content_id &&
  a.content_title === b.content_title &&
  a.session === b.session &&
  a.sets_origin === b.sets_origin &&
  a.verdict === b.verdict &&
  a.rep === b.rep &&
  a.content_type === b.content_type &&
  a.content_stage === b.content_stage;
